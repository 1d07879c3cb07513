"""Gemini's generateContent, as its SDK writes and reads it."""

from typing import Final

from tests.conformance.clients.chat import PNG
from tests.conformance.events import events, inner, listed, parsed
from tests.conformance.wants import (
    MODEL,
    Called,
    Count,
    Json,
    Read,
    Tokens,
    Trouble,
    Use,
    Want,
    must,
)
from weftline_bench.sims.script import Stop
from weftline_core.chat.features import Feature as F  # noqa: N817  # a table reads best in short lines

_FILTERED: Final = "SAFETY"


_STOPS: Final = {
    Stop.END: "STOP",
    Stop.SEQUENCE: "STOP",
    Stop.LENGTH: "MAX_TOKENS",
    Stop.CALLS: "STOP",
    Stop.FILTERED: _FILTERED,
}


class GenerateClient:
    """A client of `/v1beta/models/MODEL:generateContent`."""

    name = "generate"

    @property
    def stops(self) -> dict[Stop, str]:
        return _STOPS

    def path(self, *, stream: bool) -> str:
        method = "streamGenerateContent?alt=sse" if stream else "generateContent"
        return f"/v1beta/models/{MODEL}:{method}"

    def count(self, body: Json) -> Count:
        inner = {"model": f"models/{MODEL}", **body}
        asked = {"generateContentRequest": inner}
        path = f"/v1beta/models/{MODEL}:countTokens"
        return Count(path, asked, lambda told: int(told["totalTokens"]))

    def body(self, want: Want) -> Json:
        body: Json = {"contents": _contents(want)}
        if want.system:
            body["systemInstruction"] = {"parts": [{"text": want.system}]}
        if want.tools:
            declared = [{"name": t.name, "parametersJsonSchema": t.schema} for t in want.tools]
            body["tools"] = [{"functionDeclarations": declared}]
        if want.only:
            calling = {"mode": "ANY", "allowedFunctionNames": [want.only]}
            body["toolConfig"] = {"functionCallingConfig": calling}
        how: Json = {}
        if want.schema is not None:
            how |= {"responseMimeType": "application/json", "responseJsonSchema": want.schema}
        if want.reasoning:
            how["thinkingConfig"] = {"thinkingBudget": 2048, "includeThoughts": True}
        if want.max_tokens is not None:
            how["maxOutputTokens"] = want.max_tokens
        if want.stops:
            how["stopSequences"] = list(want.stops)
        if how:
            body["generationConfig"] = how
        return body

    def again(self, body: Json, read: Read, results: list[str]) -> Json:
        answers = [
            {
                "functionResponse": {
                    "name": call.name,
                    "response": {"result": text},
                    **({"id": call.id} if call.id else {}),
                }
            }
            for call, text in zip(read.calls, results, strict=True)
        ]
        turns = [{"role": "model", "parts": read.turn}, {"role": "user", "parts": answers}]
        return {**body, "contents": [*body["contents"], *turns]}

    def whole(self, data: bytes) -> Read:
        read = Read()
        _take(read, parsed(data))
        must(read.stop, "it has no finish reason")
        return read

    def streamed(self, data: bytes) -> Read:
        read = Read()
        for name, text in events(data):
            must(not read.error, "something comes after an error")
            must(name == "", f"an event called {name}")
            chunk = parsed(text)
            if "error" in chunk:
                error = chunk["error"]
                must(isinstance(error["code"], int), "an error without a code")
                must(isinstance(error["status"], str), "an error without a status")
                read.error = str(error["message"])
                read.finished = False
                continue
            must(not read.finished, "something comes after the finish reason")
            _take(read, chunk)
        return read

    def error(self, status: int, data: bytes) -> Trouble:
        error = parsed(data)["error"]
        must(error["code"] == status, "the code is not the status")
        must(isinstance(error["message"], str) and error["message"], "an error without words")
        must(status >= 400, f"an error with status {status}")
        path = ""
        for detail in listed(error, "details"):
            for violation in listed(detail, "fieldViolations"):
                path = violation["field"]
        return Trouble(error["message"], error["status"], path)

    def overload(self) -> int:
        return 503

    def uses(self) -> list[Use]:
        return [
            Use(feature=feature, path=path, body={**_plain(), **more}, needle=needle)
            for feature, path, more, needle in _USES
        ]


def _contents(want: Want) -> list[Json]:
    contents: list[Json] = [
        {"role": "model" if at % 2 else "user", "parts": [{"text": text}]}
        for at, text in enumerate(want.earlier)
    ]
    parts: list[Json] = [{"text": want.user}]
    if want.image:
        parts.append({"inlineData": {"mimeType": "image/png", "data": want.image}})
    if want.image_url:
        parts.append({"fileData": {"mimeType": "image/png", "fileUri": want.image_url}})
    return [*contents, {"role": "user", "parts": parts}]


def _take(read: Read, body: Json) -> None:
    must(isinstance(body.get("responseId"), str), "it has no id")
    read.model = read.model or body.get("modelVersion", "")
    blocked = inner(body, "promptFeedback").get("blockReason")
    if blocked:
        read.stop, read.finished = blocked, True
    candidates = listed(body, "candidates")
    read.choices = max(1, len(candidates))
    for candidate in candidates[:1]:
        for part in listed(inner(candidate, "content"), "parts"):
            _part(read, part)
        if candidate.get("finishReason"):
            read.stop, read.finished = candidate["finishReason"], True
    usage = body.get("usageMetadata")
    if usage is not None:
        thought = usage.get("thoughtsTokenCount", 0)
        made = usage.get("candidatesTokenCount", 0) + thought
        cached = usage.get("cachedContentTokenCount", 0)
        read.usage = Tokens(usage["promptTokenCount"], made, cached, thought)
        must(usage.get("totalTokenCount", made) >= made, "totalTokenCount is too low")


def _part(read: Read, part: Json) -> None:
    call = part.get("functionCall")
    if call is not None:
        must(isinstance(call.get("args", {}), dict), "args are no object")
        read.calls.append(Called(call.get("id", ""), call["name"], call.get("args", {})))
    elif part.get("thought"):
        read.reasoning += part.get("text", "")
    else:
        read.text += part.get("text", "")
    if part not in ({"text": ""}, {}):
        read.turn.append(part)


def _plain() -> Json:
    return {"contents": [{"role": "user", "parts": [{"text": "say: yes"}]}]}


def _how(**fields: object) -> Json:
    return {"generationConfig": fields}


def _user(part: Json) -> Json:
    return {"contents": [{"role": "user", "parts": [{"text": "look"}, part]}]}


def _inline(mime: str, data: str = PNG) -> Json:
    return _user({"inlineData": {"mimeType": mime, "data": data}})


def _after_call(response: Json) -> Json:
    return {
        "contents": [
            {"role": "user", "parts": [{"text": "say: yes"}]},
            {"role": "model", "parts": [{"functionCall": {"name": "find", "args": {}}}]},
            {"role": "user", "parts": [{"functionResponse": {"name": "find", **response}}]},
        ],
        "tools": [_TOOL],
    }


def _calling(**fields: object) -> Json:
    return {"tools": [_TOOL], "toolConfig": {"functionCallingConfig": fields}}


_TOOL: Final[Json] = {
    "functionDeclarations": [{"name": "find"}, {"name": "other"}, {"name": "third"}]
}
_PICTURE: Final[Json] = {"inlineData": {"mimeType": "image/png", "data": PNG}}
_GC: Final = "generationConfig"
_THINKING: Final = f"{_GC}.thinkingConfig"

_USES: Final[list[tuple[F, str, Json, str]]] = [
    (F.TEMPERATURE, f"{_GC}.temperature", _how(temperature=0.25), "0.25"),
    (F.TOP_P, f"{_GC}.topP", _how(topP=0.75), "0.75"),
    (F.TOP_K, f"{_GC}.topK", _how(topK=33), "33"),
    (F.SEED, f"{_GC}.seed", _how(seed=77123), "77123"),
    (F.STOP, f"{_GC}.stopSequences", _how(stopSequences=["needle"]), "needle"),
    (F.FREQUENCY_PENALTY, f"{_GC}.frequencyPenalty", _how(frequencyPenalty=0.5), "0.5"),
    (F.PRESENCE_PENALTY, f"{_GC}.presencePenalty", _how(presencePenalty=0.5), "0.5"),
    (F.LOGPROBS, f"{_GC}.responseLogprobs", _how(responseLogprobs=True, logprobs=3), "ogprobs"),
    (F.CHOICES, f"{_GC}.candidateCount", _how(candidateCount=2), "2"),
    (
        F.JSON_OBJECT,
        f"{_GC}.responseMimeType",
        _how(responseMimeType="application/json"),
        "json",
    ),
    (
        F.IMAGE_OUT,
        f"{_GC}.responseModalities",
        _how(responseModalities=["TEXT", "IMAGE"]),
        "IMAGE",
    ),
    (
        F.AUDIO_OUT,
        f"{_GC}.responseModalities",
        _how(responseModalities=["AUDIO"]),
        "AUDIO",
    ),
    (
        F.REASONING_EFFORT,
        f"{_THINKING}.thinkingLevel",
        _how(thinkingConfig={"thinkingLevel": "HIGH"}),
        "",
    ),
    (
        F.REASONING_BUDGET,
        f"{_THINKING}.thinkingBudget",
        _how(thinkingConfig={"thinkingBudget": 2345}),
        "2345",
    ),
    (
        F.REASONING_SHOWN,
        f"{_THINKING}.includeThoughts",
        _how(thinkingConfig={"includeThoughts": True, "thinkingBudget": 2048}),
        "",
    ),
    (F.AUDIO, "contents[0].parts[1].inlineData", _inline("audio/wav"), PNG),
    (F.VIDEO, "contents[0].parts[1].inlineData", _inline("video/mp4"), PNG),
    (
        F.FILE,
        "contents[0].parts[1].inlineData",
        _inline("application/pdf", "JVBERi0="),
        "JVBERi0=",
    ),
    (
        F.FILE_URL,
        "contents[0].parts[1].fileData",
        _user({"fileData": {"mimeType": "application/pdf", "fileUri": "https://e.com/a.pdf"}}),
        "https://e.com/a.pdf",
    ),
    (
        F.FILE_ID,
        "contents[0].parts[1].fileData.fileUri",
        _user(
            {
                "fileData": {
                    "mimeType": "application/pdf",
                    "fileUri": "https://generativelanguage.googleapis.com/v1beta/files/abc",
                }
            }
        ),
        "files/abc",
    ),
    (
        F.PREFILL,
        "contents[1]",
        {
            "contents": [
                {"role": "user", "parts": [{"text": "say: yes"}]},
                {"role": "model", "parts": [{"text": "needle"}]},
            ]
        },
        "needle",
    ),
    (F.TOOL_CHOICE, "toolConfig.functionCallingConfig", _calling(mode="ANY"), ""),
    (
        F.TOOL_SUBSET,
        "toolConfig.functionCallingConfig.allowedFunctionNames",
        _calling(mode="ANY", allowedFunctionNames=["find", "other"]),
        "",
    ),
    (
        F.TOOL_RESULT_MEDIA,
        "contents[2].parts[0].functionResponse.parts[0]",
        _after_call({"response": {"result": "a"}, "parts": [_PICTURE]}),
        PNG,
    ),
    (
        F.TOOL_RESULT_ERROR,
        "contents[2].parts[0].functionResponse.response.error",
        _after_call({"response": {"error": "needle"}}),
        "error",
    ),
    (F.HOSTED_TOOL, "tools[0].googleSearch", {"tools": [{"googleSearch": {}}]}, "oogleSearch"),
    (F.METADATA, "labels", {"labels": {"team": "needle"}}, "needle"),
    (F.SERVICE_TIER, "serviceTier", {"serviceTier": "priority"}, ""),
    (F.STORE, "store", {"store": True}, '"store":true'),
    (
        F.SAFETY,
        "safetySettings",
        {
            "safetySettings": [
                {"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_ONLY_HIGH"}
            ]
        },
        "HARASSMENT",
    ),
    (F.UNKNOWN, "needleField", {"needleField": 1}, "needleField"),
]

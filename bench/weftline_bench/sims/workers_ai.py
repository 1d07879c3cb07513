"""Workers AI: its own text generation in an envelope, and OpenAI's shape beside it."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, cast

import msgspec
import orjson

from weftline_bench.sims.ask import Ask, Media, Tool
from weftline_bench.sims.chat import ChatFlavour
from weftline_bench.sims.chat_request import ImagePart, TextPart, data_url
from weftline_bench.sims.embeddings import vector
from weftline_bench.sims.exchange import (
    DONE,
    Answer,
    Refused,
    Request,
    Trouble,
    bad,
    data,
    json_object,
    not_found,
    read,
    streamed,
    whole,
)
from weftline_bench.sims.flavour import Desk, Options
from weftline_bench.sims.script import Json, Script, pieces

CODES: Mapping[Trouble, tuple[int, int]] = {
    Trouble.BAD_REQUEST: (400, 5004),
    Trouble.AUTH: (401, 10000),
    Trouble.FORBIDDEN: (403, 5018),
    Trouble.NO_CREDIT: (429, 3036),
    Trouble.NOT_FOUND: (400, 5007),
    Trouble.CONTEXT_LENGTH: (413, 3006),
    Trouble.CONTENT_FILTER: (400, 5004),
    Trouble.RATE_LIMITED: (429, 3040),
    Trouble.SERVER_ERROR: (500, 3000),
    Trouble.OVERLOADED: (429, 3040),
    Trouble.TIMEOUT: (408, 3007),
}


class Message(msgspec.Struct):
    """One message; its content is never null."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str | list[TextPart | ImagePart]
    tool_calls: list[Json] | None = None
    tool_call_id: str | None = None
    name: str | None = None

    def text(self) -> str:
        """Return what the message says."""
        if isinstance(self.content, str):
            return self.content
        return "".join(part.text for part in self.content if isinstance(part, TextPart))

    def media(self) -> list[Media]:
        """Return its images."""
        parts = self.content if isinstance(self.content, list) else []
        images = [part.image_url for part in parts if isinstance(part, ImagePart)]
        return [data_url(image if isinstance(image, str) else image.url) for image in images]


class TextFormat(msgspec.Struct):
    """What an answer must be."""

    type: Literal["json_object", "json_schema"]
    json_schema: Json | None = None


class TextInput(msgspec.Struct, kw_only=True):
    """The input of a text generation: messages or a prompt."""

    messages: Annotated[list[Message], msgspec.Meta(min_length=1)] | None = None
    prompt: str | None = None
    raw: bool | None = None
    stream: bool | None = None
    max_tokens: Annotated[int, msgspec.Meta(ge=1)] | None = None
    temperature: Annotated[float, msgspec.Meta(ge=0, le=5)] | None = None
    top_p: Annotated[float, msgspec.Meta(ge=0, le=2)] | None = None
    top_k: Annotated[int, msgspec.Meta(ge=1, le=50)] | None = None
    seed: int | None = None
    repetition_penalty: Annotated[float, msgspec.Meta(ge=0, le=2)] | None = None
    frequency_penalty: Annotated[float, msgspec.Meta(ge=-2, le=2)] | None = None
    presence_penalty: Annotated[float, msgspec.Meta(ge=-2, le=2)] | None = None
    response_format: TextFormat | None = None
    tools: list[Json] | None = None
    functions: list[Json] | None = None


class WorkersAI(ChatFlavour):
    """Workers AI's REST API. Its task `run` is the native one, `chat` OpenAI's."""

    name = "workers-ai"
    base_path = "/client/v4/accounts/sim"
    tasks: ClassVar[tuple[str, ...]] = ("run", "chat")

    def answer(self, request: Request, desk: Desk) -> Answer:
        """Answer a run of a model, or a chat completion."""
        self.check_key(request, desk)
        path = request.path.removeprefix(self.base_path)
        if (request.method, path) == ("POST", "/ai/v1/chat/completions"):
            return self.chat(request, desk)
        if request.method != "POST" or not (path == "/ai/run" or path.startswith("/ai/run/")):
            raise not_found(request)
        body = json_object(request.body)
        model = path.removeprefix("/ai/run").removeprefix("/")
        if not model:
            model, body = str(body.get("model")), json_object(body.get("input"))
        if "text" in body:
            return _embed(body)
        asked = read(body, TextInput, "AiError: Bad input: ")
        if (asked.messages is None) == (asked.prompt is None):
            raise bad("AiError: Bad input: one of messages and prompt is required")
        script = desk.script_for(_ask_of(asked))
        return self.render(script, Options(model, stream=bool(asked.stream), task="run"))

    def task_of(self, request: Request) -> str:
        """Return which of the two a request is in."""
        return "chat" if "/ai/v1/" in request.path else "run"

    def render(self, script: Script, options: Options) -> Answer:
        """Return a script natively, or as a chat completion."""
        headers = {"cf-ai-req-id": f"cf-{script.id}"}
        if options.task == "chat":
            answer = super().render(script, options)
            return Answer(
                answer.status,
                {**answer.headers, **headers},
                answer.frames,
                stream=answer.stream,
                terminal=answer.terminal,
            )
        if options.stream:
            return streamed(self._native_frames(script), headers, terminal=1)
        return whole(_envelope(self._native(script)), headers=headers)

    def usage(self, script: Script) -> Json:
        """Return the usage without reasoning."""
        usage = super().usage(script)
        del usage["completion_tokens_details"]
        return usage

    def refusal(self, refused: Refused, request: Request | None = None) -> Answer:
        """Return a refusal in the envelope, or in OpenAI's shape on OpenAI's path."""
        status, code = CODES[refused.trouble]
        status = refused.status or status
        if request is not None and self.task_of(request) == "chat":
            return whole(super().error(refused)[1], status)
        errors = [{"code": code, "message": refused.message}]
        return whole({"errors": errors, "success": False, "result": {}, "messages": []}, status)

    def error_frame(self, refused: Refused, task: str = "") -> bytes:
        """Return an error as an event of a stream."""
        if task == "chat":
            return super().error_frame(refused, task)
        _, code = CODES[refused.trouble]
        return data({"errors": [{"code": code, "message": refused.message}], "success": False})

    def _native(self, script: Script) -> Json:
        text: object = script.text or script.refusal
        # In JSON mode the response is an object.
        if script.text.startswith("{"):
            text = orjson.loads(script.text)
        result: Json = {"response": text, "usage": self.usage(script)}
        if script.calls:
            result["tool_calls"] = _calls(script)
        return result

    def _native_frames(self, script: Script) -> list[bytes]:
        words = [
            data({"response": piece, "p": "abdefgh"})
            for piece in pieces(script.text or script.refusal)
        ]
        calls = data({"tool_calls": _calls(script), "p": "abdefgh"})
        last = data({"response": "", "usage": self.usage(script)})
        return [*words, calls, last, DONE]


def _calls(script: Script) -> list[Json]:
    return [{"name": call.name, "arguments": call.input()} for call in script.calls]


def _envelope(result: object) -> Json:
    return {"result": result, "success": True, "errors": [], "messages": []}


def _ask_of(asked: TextInput) -> Ask:
    messages = asked.messages or [Message("user", asked.prompt or "")]
    user = [m for m in messages if m.role == "user"]
    results: list[str] = []
    for message in reversed(messages):
        if message.role != "tool":
            break
        results.insert(0, message.text())
    form = asked.response_format
    return Ask(
        text=user[-1].text() if user else "",
        media=user[-1].media() if user else [],
        system="\n".join(m.text() for m in messages if m.role == "system"),
        tools=[_tool(tool) for tool in asked.tools or asked.functions or ()],
        results=results,
        schema=(form.json_schema or {}) if form else None,
        tokens_max=asked.max_tokens,
    )


def _tool(given: Json) -> Tool:
    """Return a tool, given flat or in OpenAI's way."""
    described = json_object(given.get("function", given))
    if not isinstance(described.get("name"), str):
        raise bad("AiError: Bad input: a tool needs a name")
    return Tool(str(described["name"]), cast("Json | None", described.get("parameters")))


def _embed(body: Json) -> Answer:
    given = body["text"]
    texts = [given] if isinstance(given, str) else cast(list[object], given)
    if not all(isinstance(text, str) for text in texts):
        raise bad("AiError: Bad input: text must be a string or a list of strings")
    vectors = [vector(str(text)) for text in texts]
    return whole(_envelope({"shape": [len(vectors), len(vectors[0])], "data": vectors}))

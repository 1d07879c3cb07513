"""A whole answer, as clients of chat completions read it."""

from collections.abc import Iterable

import orjson

from weftline_core.chat.answer import Answer, Choice, Citation, TokenLogprob
from weftline_core.chat.parts import Media, Reasoning, Refusal, Text, ToolCall
from weftline_core.dialects.chat.call_ids import signed_id
from weftline_core.dialects.chat.stops import reason_of
from weftline_core.dialects.chat.usage import usage_object
from weftline_core.dialects.data_urls import data_url
from weftline_core.dialects.dialect import Echo
from weftline_core.ids import stem_of


def write_answer(answer: Answer, echo: Echo) -> bytes:
    """Return the body. Usage that nobody reported is left out: null is not zero."""
    body: dict[str, object] = {
        "id": answer_id(echo),
        "object": "chat.completion",
        "created": echo.created_unix_s,
        "model": echo.model,
        "choices": [_choice(i, choice) for i, choice in enumerate(answer.choices)],
    }
    if answer.usage is not None:
        body["usage"] = usage_object(answer.usage)
    return orjson.dumps(body)


def answer_id(echo: Echo) -> str:
    """Return the id an answer has in this dialect."""
    return f"chatcmpl-{stem_of(echo.request_id)}"


def logprobs_object(tokens: Iterable[TokenLogprob]) -> dict[str, object]:
    """Return log probabilities as clients read them."""
    content = [_logprob(token) | {"top_logprobs": [*map(_logprob, token.top)]} for token in tokens]
    return {"content": content, "refusal": None}


def annotation(citation: Citation) -> dict[str, object]:
    """Return a citation as clients read it, who count on all four fields."""
    cited = {
        "url": citation.url,
        "title": citation.title or "",
        "start_index": citation.start or 0,
        "end_index": citation.end or 0,
    }
    return {"type": "url_citation", "url_citation": cited}


def image(mime: str, data: str) -> dict[str, object]:
    """Return a picture in an answer, as OpenRouter's clients read it."""
    return {"type": "image_url", "image_url": {"url": data_url(mime, data)}}


def _choice(index: int, choice: Choice) -> dict[str, object]:
    parts = choice.parts
    text = "".join(part.text for part in parts if isinstance(part, Text))
    refusal = "".join(part.text for part in parts if isinstance(part, Refusal))
    calls = [_call(part) for part in parts if isinstance(part, ToolCall)]
    message: dict[str, object] = {
        "role": "assistant",
        "content": text or (None if calls or refusal else ""),
        "refusal": refusal or None,
        "annotations": [annotation(citation) for citation in choice.citations],
    }
    if thoughts := "".join(part.text for part in parts if isinstance(part, Reasoning)):
        message["reasoning_content"] = thoughts
    if calls:
        message["tool_calls"] = calls
    if images := [_image(part) for part in parts if isinstance(part, Media) and part.data]:
        message["images"] = images
    return {
        "index": index,
        "message": message,
        "logprobs": None if choice.logprobs is None else logprobs_object(choice.logprobs),
        "finish_reason": reason_of(choice.stop, refusal=bool(refusal)),
    }


def _image(media: Media) -> dict[str, object]:
    return image(media.mime or "image/png", media.data or "")


def _call(call: ToolCall) -> dict[str, object]:
    call_id = signed_id(call.id, call.signature)
    if call.free_text:
        custom = {"name": call.name, "input": call.arguments}
        return {"id": call_id, "type": "custom", "custom": custom}
    function = {"name": call.name, "arguments": call.arguments or "{}"}
    return {"id": call_id, "type": "function", "function": function}


def _logprob(token: TokenLogprob) -> dict[str, object]:
    spelled = list(token.token.encode("utf-8", "replace"))
    return {"token": token.token, "logprob": token.logprob, "bytes": spelled}

"""The shapes of what hosts answer, loose wherever hosts differ.

`object` stands for what some hosts send in other types: it is looked at before it is used.
"""

from collections.abc import Mapping
from typing import Final, cast

import msgspec
import orjson

from weftline_core.chat.answer import Citation, TokenLogprob
from weftline_core.chat.events import MediaDelta


class HostFunction(msgspec.Struct, gc=False):
    """What is called. arguments: JSON text, of some hosts an object."""

    name: object = None
    arguments: object = None


class HostCustom(msgspec.Struct, gc=False):
    """A tool that takes text."""

    name: object = None
    input: object = None


class HostCall(msgspec.Struct, gc=False):
    """A tool call or a fragment of one."""

    index: int | None = None
    id: object = None
    function: HostFunction | None = None
    custom: HostCustom | None = None


class HostMessage(msgspec.Struct, gc=False):
    """A message, or what is new of it. Mistral's content may be a list."""

    content: str | list[object] | None = None
    reasoning_content: object = None
    reasoning: object = None
    refusal: object = None
    tool_calls: list[HostCall] | None = None
    annotations: object = None
    images: object = None


class HostChoice(msgspec.Struct, gc=False):
    """One answer. stop_reason (vLLM), matched_stop (SGLang): which of the caller's words it was."""

    index: int | None = None
    delta: HostMessage | None = None
    message: HostMessage | None = None
    finish_reason: str | None = None
    logprobs: object = None
    stop_reason: object = None
    matched_stop: object = None


class HostAnswer(msgspec.Struct, gc=False):
    """A whole answer, or one event of a stream."""

    choices: list[HostChoice] | None = None
    id: str | None = None
    model: str | None = None
    usage: object = None
    service_tier: object = None
    error: object = None
    kind: object = msgspec.field(default=None, name="object")
    base_resp: object = None


ANSWER: Final = msgspec.json.Decoder(HostAnswer)


def thoughts_of(message: HostMessage) -> str:
    """Return the reasoning in a message, in either spelling; one host sends both."""
    for value in (message.reasoning_content, message.reasoning):
        if isinstance(value, str) and value:
            return value
    return ""


def listed(content: list[object]) -> tuple[str, str]:
    """Return the thoughts and the words in a content that is a list."""
    thoughts: list[str] = []
    words: list[str] = []
    for item in content:
        fields = fields_of(item)
        kind, thinking, text = fields.get("type"), fields.get("thinking"), fields.get("text")
        if kind == "thinking" and isinstance(thinking, list):
            inner = (fields_of(part).get("text") for part in cast("list[object]", thinking))
            thoughts += [part for part in inner if isinstance(part, str)]
        elif kind == "thinking" and isinstance(thinking, str):
            thoughts.append(thinking)
        elif isinstance(text, str):
            words.append(text)
    return "".join(thoughts), "".join(words)


def arguments_of(value: object) -> str:
    """Return a call's arguments as JSON text."""
    if isinstance(value, str):
        return value
    return "" if value is None else orjson.dumps(value).decode()


def citations_of(value: object) -> list[Citation]:
    """Return the citations in `annotations`; those without a URL are none."""
    found: list[Citation] = []
    for item in cast("list[object]", value) if isinstance(value, list) else []:
        cited = fields_of(fields_of(item).get("url_citation"))
        url, title = cited.get("url"), cited.get("title")
        start, end = cited.get("start_index"), cited.get("end_index")
        if isinstance(url, str):
            found.append(
                Citation(
                    url=url,
                    title=title if isinstance(title, str) else None,
                    start=start if isinstance(start, int) else None,
                    end=end if isinstance(end, int) else None,
                )
            )
    return found


def images_of(value: object, choice: int) -> list[MediaDelta]:
    """Return the pictures in `images`, as OpenRouter sends them: `data:` URLs."""
    found: list[MediaDelta] = []
    for item in cast("list[object]", value) if isinstance(value, list) else []:
        url = fields_of(fields_of(item).get("image_url")).get("url")
        if isinstance(url, str) and url.startswith("data:"):
            head, _, data = url.partition(",")
            found.append(MediaDelta(head[len("data:") :].partition(";")[0], data, choice))
    return found


def logprobs_of(value: object) -> list[TokenLogprob]:
    """Return the log probabilities in `logprobs`; what is no such thing is left out."""
    found: list[TokenLogprob] = []
    tokens = fields_of(value).get("content")
    for item in cast("list[object]", tokens) if isinstance(tokens, list) else []:
        fields = fields_of(item)
        token = _logprob(fields)
        if token is not None:
            more = fields.get("top_logprobs")
            tops = cast("list[object]", more) if isinstance(more, list) else []
            token.top = [top for part in tops if (top := _logprob(fields_of(part))) is not None]
            found.append(token)
    return found


def fields_of(value: object) -> Mapping[str, object]:
    """Return the fields of an object; none of what is no object."""
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}


def _logprob(fields: Mapping[str, object]) -> TokenLogprob | None:
    token, logprob = fields.get("token"), fields.get("logprob")
    if not isinstance(token, str) or not isinstance(logprob, int | float):
        return None
    return TokenLogprob(token=token, logprob=float(logprob))

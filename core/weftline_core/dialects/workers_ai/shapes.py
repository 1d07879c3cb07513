"""What Workers AI answers, as far as it is read.

Older models answer in Cloudflare's own form, newer ones in that of OpenAI's chat completions; the
REST API puts a whole answer into an envelope, its gateway and Workers do not.

Source: Cloudflare's "Workers AI" pages, and `workers-ai-provider` of cloudflare/ai.
"""

from hashlib import sha256
from typing import Final, cast

import msgspec

from weftline_core.chat.answer import Stop
from weftline_core.dialects.wire import compact
from weftline_core.usage import Usage

NAME: Final = "workers_ai"

_ID_CHARS: Final = 24


class Function(msgspec.Struct):
    """A call in OpenAI's form."""

    name: str | None = None
    arguments: object = None


class CallShape(msgspec.Struct):
    """A call, or in a stream some of one; the name may stand in either place."""

    id: str | None = None
    index: int | None = None
    name: str | None = None
    arguments: object = None
    function: Function | None = None

    @property
    def called(self) -> str:
        """Return the tool's name; empty in a later fragment."""
        return self.name or (self.function.name if self.function else None) or ""

    @property
    def argued(self) -> str:
        """Return the arguments as JSON text; empty if there are none here."""
        value = self.arguments
        if value is None and self.function is not None:
            value = self.function.arguments
        return text_of(value)


class PromptDetails(msgspec.Struct):
    """Parts of the prompt."""

    cached_tokens: int | None = None


class CompletionDetails(msgspec.Struct):
    """Parts of the completion."""

    reasoning_tokens: int | None = None


class UsageShape(msgspec.Struct):
    """Tokens, as OpenAI counts them."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: PromptDetails | None = None
    completion_tokens_details: CompletionDetails | None = None


class MessageShape(msgspec.Struct):
    """A message in OpenAI's form, or some of one."""

    content: object = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    tool_calls: list[CallShape] | None = None

    @property
    def thoughts(self) -> str:
        """Return the model's thoughts, by either name."""
        return self.reasoning_content or self.reasoning or ""


class ChoiceShape(msgspec.Struct):
    """An answer in OpenAI's form, whole or some of one."""

    message: MessageShape | None = None
    delta: MessageShape | None = None
    finish_reason: str | None = None


class Told(msgspec.Struct):
    """What a model said in either form: a whole answer's result, or one event of a stream."""

    id: str | None = None
    model: str | None = None
    response: object = msgspec.UNSET
    tool_calls: list[CallShape] | None = None
    choices: list[ChoiceShape] | None = None
    usage: UsageShape | None = None
    finish_reason: str | None = None
    success: object = None
    error: object = None
    errors: object = None

    @property
    def wrong(self) -> bool:
        """Return whether this is an error."""
        return bool(self.success is False or self.error or self.errors)


class Envelope(Told):
    """A whole answer, with or without its envelope."""

    result: Told | None = None


_STOPS: Final = {
    "stop": Stop.END,
    "length": Stop.LENGTH,
    "tool_calls": Stop.TOOL_CALLS,
    "function_call": Stop.TOOL_CALLS,
    "content_filter": Stop.FILTERED,
}
_FAULT: Final = "error"


def stop_of(reason: str | None, *, called: bool) -> Stop | None:
    """Return why the model stopped; None if Cloudflare itself failed, which is no stop. called:
    there was a tool call, which the native form does not give as a reason.
    """
    if reason == _FAULT:
        return None
    stop = _STOPS.get(reason or "", Stop.END)
    return Stop.TOOL_CALLS if called and stop is Stop.END else stop


def usage_of(told: UsageShape | None) -> Usage | None:
    """Return the usage, whose totals include their parts already."""
    if told is None or told.prompt_tokens is None:
        return None
    read, made = told.prompt_tokens_details, told.completion_tokens_details
    return Usage(
        prompt_tokens=max(0, told.prompt_tokens),
        completion_tokens=max(0, told.completion_tokens or 0),
        cache_read_tokens=max(0, (read.cached_tokens if read else None) or 0),
        reasoning_tokens=max(0, (made.reasoning_tokens if made else None) or 0),
    )


def text_of(value: object) -> str:
    """Return words, whatever JSON they came as: in JSON mode an object, and a number where the
    words are one.
    """
    if isinstance(value, str):
        return value
    if value is None or value is msgspec.UNSET:
        return ""
    return compact(value)


def words_of(content: object) -> str:
    """Return the words of a message's content, which may be a list of parts."""
    if not isinstance(content, list):
        return text_of(content)
    parts = cast("list[object]", content)
    fields = [cast("dict[str, object]", part) for part in parts if isinstance(part, dict)]
    return "".join(text_of(part.get("text")) for part in fields)


def minted_id(data: bytes, number: int) -> str:
    """Return an id for a call that came without one: the same for the same bytes, and told apart
    from others by usage or filler in them.
    """
    return f"call_{sha256(b'%d %b' % (number, data)).hexdigest()[:_ID_CHARS]}"

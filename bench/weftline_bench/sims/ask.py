"""What was asked, whatever the wire format, and the answer that follows from it.

The rules are simple so that a test can foresee the answer:

- `say: X` in the last user message is answered with X, `refuse: X` with a refusal;
- a tool whose name begins with `call_` is called, as is a tool that must be;
- after tool results the answer is `result: ` and their texts;
- a JSON schema is answered with the smallest JSON that fits it;
- an image or another file is answered with its media type and its size;
- everything else is answered with `You said: ` and the last user message.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import orjson

from weftline_bench.sims.script import (
    AUDIO_TOKENS,
    IMAGE_TOKENS,
    PROMPT_TOKENS_BASE,
    Call,
    Script,
    Stop,
    pieces,
)

_ORDER = re.compile(r"\b(say|refuse): (.*)", re.DOTALL)

# Arrays that must have items get no more than this: a schema may ask for millions.
_ITEMS_MAX = 8

_PLAIN: Mapping[str, object] = {
    "string": "text",
    "integer": 1,
    "number": 1.5,
    "boolean": True,
    "null": None,
}


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool the model may call. schema: JSON schema of its arguments."""

    name: str
    schema: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Media:
    """One image or file of the last user message. size_bytes: -1 when only a URL was given."""

    mime: str
    size_bytes: int = -1
    url: str = ""

    def __str__(self) -> str:
        """Return how the answer tells of it."""
        return f"{self.mime} {self.url or f'{self.size_bytes} bytes'}"


@dataclass(frozen=True, slots=True)
class Ask:
    """One request for an answer.

    results: texts of the tool results if they end the conversation. must_call: True for any tool,
    a name for that one. may_call: False when tools are forbidden. schema: of the JSON asked for,
    `{}` for any. tokens_max: of the answer.
    """

    text: str = ""
    tools: Sequence[Tool] = ()
    results: Sequence[str] = ()
    must_call: str | bool = False
    may_call: bool = True
    parallel: bool = True
    schema: Mapping[str, object] | None = None
    media: Sequence[Media] = ()
    reasoning: bool = False
    tokens_max: int | None = None
    stops: Sequence[str] = ()
    system: str = ""


def script_for(ask: Ask, answer_id: str = "0001") -> Script:
    """Return what the model says to it. answer_id: four digits."""
    calls = _calls(ask)
    text, refusal = _words(ask, calls=bool(calls))
    reasoning = f"Thinking about: {ask.text}" if ask.reasoning else ""
    stop, met = (Stop.CALLS if calls else Stop.END), None
    if refusal:
        stop, calls = Stop.FILTERED, ()
    for sequence in ask.stops:
        if sequence and sequence in text:
            text, stop, met = text[: text.index(sequence)], Stop.SEQUENCE, sequence
    words = pieces(text)
    if ask.tokens_max is not None and len(words) > ask.tokens_max:
        text, stop, met = "".join(words[: ask.tokens_max]), Stop.LENGTH, None
    if stop in (Stop.SEQUENCE, Stop.LENGTH):
        calls = ()
    said = Script(text, reasoning, calls, refusal, stop, met, id=answer_id)
    image = IMAGE_TOKENS * sum(m.mime.startswith("image") for m in ask.media)
    audio = AUDIO_TOKENS * sum(m.mime.startswith("audio") for m in ask.media)
    return said.counted(prompt_tokens(ask), image=image, audio=audio)


def prompt_tokens(ask: Ask) -> int:
    """Return how many tokens its prompt has."""
    image = IMAGE_TOKENS * sum(m.mime.startswith("image") for m in ask.media)
    audio = AUDIO_TOKENS * sum(m.mime.startswith("audio") for m in ask.media)
    return PROMPT_TOKENS_BASE + len(pieces(f"{ask.system} {ask.text}")) + image + audio


def fitting(schema: Mapping[str, object]) -> object:
    """Return a small value that fits a JSON schema; `"text"` where it says nothing."""
    if "const" in schema:
        return schema["const"]
    for choice in ("enum", "anyOf", "oneOf"):
        options = schema.get(choice)
        if isinstance(options, list) and options:
            first = cast(list[object], options)[0]
            return first if choice == "enum" else fitting(cast(dict[str, object], first))
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = cast(list[object], kind)[0]
    kind = str(kind).lower() if kind else ("object" if "properties" in schema else "string")
    if kind == "object":
        properties = cast(dict[str, dict[str, object]], schema.get("properties") or {})
        required = cast(list[str], schema.get("required") or list(properties))
        return {name: fitting(properties.get(name, {})) for name in required}
    if kind == "array":
        items = cast(dict[str, object], schema.get("items") or {})
        count = min(cast(int, schema.get("minItems") or 0), _ITEMS_MAX)
        return [fitting(items) for _ in range(count)]
    return _PLAIN.get(kind, "text")


def _calls(ask: Ask) -> tuple[Call, ...]:
    if not ask.may_call or not ask.tools:
        return ()
    if isinstance(ask.must_call, str):
        wanted = [t for t in ask.tools if t.name == ask.must_call]
    elif ask.results and not ask.must_call:
        return ()
    else:
        wanted = [t for t in ask.tools if t.name.startswith("call_")]
        if ask.must_call and not wanted:
            wanted = [ask.tools[0]]
    if not ask.parallel:
        wanted = wanted[:1]
    return tuple(
        Call(t.name, orjson.dumps(fitting(t.schema)).decode() if t.schema else "{}") for t in wanted
    )


def _words(ask: Ask, *, calls: bool) -> tuple[str, str]:
    """Return the text and the refusal."""
    order = _ORDER.search(ask.text)
    if order is not None:
        return (order[2], "") if order[1] == "say" else ("", order[2])
    return ("" if calls else _reply(ask)), ""


def _reply(ask: Ask) -> str:
    if ask.results:
        return "result: " + ", ".join(ask.results)
    if ask.schema is not None:
        value = fitting(ask.schema) if ask.schema else {"ok": True}
        return orjson.dumps(value).decode()
    if ask.media:
        return "; ".join(map(str, ask.media))
    return f"You said: {ask.text}"

"""A conversation's turns as Converse takes them: user and assistant in turn, tool results first."""

import re
from collections import deque
from collections.abc import Set as AbstractSet
from typing import Final, TypeAlias

from weftline_core.chat.conversation import Conversation, Turn
from weftline_core.chat.features import Feature as F  # noqa: N817  # as in the table of losses
from weftline_core.chat.parts import (
    CacheTtl,
    Media,
    Part,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
)
from weftline_core.dialects.arguments import arguments_object
from weftline_core.dialects.converse.media_write import DocumentNames, media_block
from weftline_core.dialects.converse.shapes import NAME

Json: TypeAlias = dict[str, object]

# Amazon takes more characters than Anthropic's models behind it do.
_NOT_IN_IDS: Final = re.compile(r"[^A-Za-z0-9_-]")
_ID_CHARS_MAX: Final = 64
# What is kept of an id that gets a number, as a request of 32 MiB may have a million of them.
_STEM_CHARS_MAX: Final = _ID_CHARS_MAX - len("_1000000")
_MEDIA: Final = {"image": F.IMAGE, "audio": F.AUDIO, "video": F.VIDEO, "file": F.FILE}


class ToolIds:
    """Gives each call of a request an id of its own that Bedrock takes, and each result that of its
    call, even where a history has one id twice.
    """

    __slots__ = ("_calls", "_counts", "_used")

    def __init__(self) -> None:
        self._used: set[str] = set()
        # Where to go on counting: to begin anew for each of n calls of one id would take n² steps.
        self._counts: dict[str, int] = {}
        self._calls: dict[str, deque[str]] = {}

    def call(self, given: str) -> str:
        """Return the id of a new call."""
        fresh = _clean(given)
        if fresh in self._used:
            stem = fresh[:_STEM_CHARS_MAX]
            count = self._counts.get(stem, 1)
            while fresh in self._used:
                count += 1
                fresh = f"{stem}_{count}"
            self._counts[stem] = count
        self._used.add(fresh)
        self._calls.setdefault(given, deque()).append(fresh)
        return fresh

    def result(self, given: str) -> str:
        """Return the id of the call that has this result."""
        calls = self._calls.get(given)
        if not calls:
            return _clean(given)
        return calls.popleft() if len(calls) > 1 else calls[0]


class _Message:
    """A message that is being put together. results: come first in it."""

    __slots__ = ("others", "results", "role")

    def __init__(self, role: str) -> None:
        self.role = role
        self.results: list[Json] = []
        self.others: list[Json] = []


class MessagesWriter:
    """Writes the turns of one conversation. gone: features that are left out."""

    __slots__ = ("_documents", "_gone", "_ids", "_messages")

    def __init__(self, gone: AbstractSet[str]) -> None:
        self._gone = gone
        self._ids = ToolIds()
        self._documents = DocumentNames()
        self._messages: list[_Message] = []

    def write(self, conversation: Conversation) -> list[Json]:
        """Return `messages`.

        Raises:
            CallerError: a part cannot be sent.
        """
        for turn in conversation.turns:
            self._turn(turn)
        if self._messages and self._messages[-1].role == "assistant":
            _trim(self._messages[-1].others)
        return [{"role": m.role, "content": m.results + m.others} for m in self._messages]

    def system(self, texts: list[Text]) -> list[Json]:
        """Return `system`."""
        return [block for text in texts if text.text for block in self._cached(text)]

    def _turn(self, turn: Turn) -> None:
        role = "assistant" if turn.role == "assistant" else "user"
        results: list[Json] = []
        others: list[Json] = []
        for part in turn.parts:
            if isinstance(part, ToolResult):
                results += self._result(part)
            else:
                others += self._part(part)
        if not results and not others:
            return
        if not self._messages or self._messages[-1].role != role:
            self._messages.append(_Message(role))
        self._messages[-1].results += results
        self._messages[-1].others += others

    def _part(self, part: Part) -> list[Json]:
        if isinstance(part, Text):
            return self._cached(part) if part.text else []
        if isinstance(part, Refusal):
            return [{"text": part.text}] if part.text else []
        if isinstance(part, Media):
            return self._media(part)
        if isinstance(part, ToolCall):
            return self._call(part)
        if isinstance(part, Reasoning):
            return self._reasoning(part)
        return []

    def _cached(self, text: Text) -> list[Json]:
        return [{"text": text.text}, *self.cache_point(text.cache)]

    def cache_point(self, ttl: CacheTtl | None) -> list[Json]:
        """Return the block that asks to cache all before it; none without `ttl`."""
        if ttl is None or F.CACHE_HINT in self._gone:
            return []
        # Five minutes is what every model has; not every one takes it by name.
        point = {"type": "default"} if ttl == "5m" else {"type": "default", "ttl": ttl}
        return [{"cachePoint": point}]

    def _media(self, media: Media) -> list[Json]:
        if _MEDIA[media.kind] in self._gone:
            return []
        return [media_block(media, self._documents), *self.cache_point(media.cache)]

    def _call(self, call: ToolCall) -> list[Json]:
        given = arguments_object(call.arguments)
        note: list[Json] = []
        if given is None:
            # Cut short by a limit: the model should know what it had written.
            text = f"(The arguments of this call were no JSON object: {call.arguments})"
            note = [{"text": text}]
        use: Json = {"toolUseId": self._ids.call(call.id), "name": call.name, "input": given or {}}
        block: Json = {"toolUse": use}
        return [*note, block, *self.cache_point(call.cache)]

    def _result(self, result: ToolResult) -> list[Json]:
        content: list[Json] = []
        for part in result.parts:
            if isinstance(part, Text):
                content += self._part(Text(text=part.text))
            elif F.TOOL_RESULT_MEDIA not in self._gone:
                content += self._media(part)
        block: Json = {"toolUseId": self._ids.result(result.call_id), "content": content}
        if result.is_error and F.TOOL_RESULT_ERROR not in self._gone:
            block["status"] = "error"
        return [{"toolResult": block}, *self.cache_point(result.cache)]

    def _reasoning(self, thoughts: Reasoning) -> list[Json]:
        """Return thoughts that Bedrock itself can prove; others it would refuse."""
        if thoughts.origin != NAME or F.REASONING_REPLAY in self._gone:
            return []
        if thoughts.redacted is not None:
            return [{"reasoningContent": {"redactedContent": thoughts.redacted}}]
        if thoughts.signature is None:
            return []
        told = {"text": thoughts.text, "signature": thoughts.signature}
        return [{"reasoningContent": {"reasoningText": told}}]


def _clean(given: str) -> str:
    return _NOT_IN_IDS.sub("_", given)[:_ID_CHARS_MAX] or "call"


def _trim(blocks: list[Json]) -> None:
    """Cut white space off the end of an answer's given beginning, which Anthropic's models refuse
    there.
    """
    text = blocks[-1].get("text") if blocks else None
    if isinstance(text, str) and (trimmed := text.rstrip()):
        blocks[-1]["text"] = trimmed

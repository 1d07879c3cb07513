"""How many tokens a request has: asked of a host that counts for nothing, or estimated."""

from collections.abc import Callable
from typing import Final, cast

from weftline_core.ask import Ask, Put, Unfit
from weftline_core.chat.conversation import Conversation
from weftline_core.chat.parts import Media, Part, Reasoning, Refusal, Text, ToolCall, ToolResult
from weftline_core.dialects.dialect import (
    Back,
    ClientRequest,
    CountBack,
    CountFront,
    Echo,
    Front,
    Target,
)
from weftline_core.hosts import Provider
from weftline_core.usage import Usage

# Bytes a token takes in English text, by the common tokenizers.
BYTES_PER_TOKEN: Final = 4
# What a picture of a million pixels, a page or a few seconds of sound take at most providers.
TOKENS_PER_MEDIUM: Final = 1_000
# A turn's role and its separators.
TOKENS_PER_TURN: Final = 4


class CountAsk(Ask):
    """A request of which only the number of tokens is wanted."""

    __slots__ = ()

    def __init__(self, front: Front, request: ClientRequest, lines: bytes = b"") -> None:
        super().__init__(front, request, lines)
        self.purpose = "count"

    def path(self, provider: Provider, back: Back, target: Target) -> str:  # noqa: ARG002
        """Return the path at which the host counts."""
        return cast("CountBack", back).count_path(target)

    def unfit(self, back: Back) -> Unfit | None:
        """Return what is wrong if `back` cannot count this request."""
        if not isinstance(back, CountBack):
            return Unfit("no endpoint of this model counts tokens")
        return super().unfit(back)

    def put(self, provider: Provider, back: Back, target: Target) -> Put:
        """Return the request as `provider` counts it."""
        counting, lost = cast("CountBack", back), list[str]()
        if self.native(back):
            body = dict(self.request.body)
            counting.count_own(body, target)
        else:
            lost = self._lost(back, target)
            body = counting.count_write(cast("Conversation", self.read()), target)
        return self._finished(provider, back, target, body, lost)

    def judge(
        self,
        back: Back,
        data: bytes,
        echo: Callable[[], Echo],  # noqa: ARG002
    ) -> tuple[bytes, Usage | None]:
        """Return the count in the client's dialect; counting uses nothing."""
        tokens = cast("CountBack", back).count_read(data)
        return self.answer(tokens), None

    def answer(self, tokens: int) -> bytes:
        """Return a count in the client's dialect."""
        return cast("CountFront", self.front).count_answer(tokens)

    def estimate(self) -> int:
        """Return about how many tokens the request has.

        Raises:
            CallerError: it breaks its own dialect.
        """
        return estimated(cast("Conversation", self.read()))


def estimated(conversation: Conversation) -> int:
    """Return about how many tokens a conversation has."""
    size = sum(len(part.text) for part in conversation.system)
    media = 0
    for turn in conversation.turns:
        for part in turn.parts:
            text, pictures = _size(part)
            size += text
            media += pictures
    for tool in conversation.tools:
        size += len(tool.name) + len(tool.description or "") + len(str(tool.schema or ""))
    turns = len(conversation.turns) + bool(conversation.system)
    return -(-size // BYTES_PER_TOKEN) + TOKENS_PER_MEDIUM * media + TOKENS_PER_TURN * turns


def _size(part: Part) -> tuple[int, int]:
    """Return the characters of text and the number of media in a part."""
    match part:
        case Text() | Refusal() | Reasoning():
            return len(part.text), 0
        case ToolCall():
            return len(part.name) + len(part.arguments), 0
        case ToolResult():
            sizes = [_size(inner) for inner in part.parts]
            return sum(text for text, _ in sizes), sum(media for _, media in sizes)
        case Media():
            return 0, 1
        case _:
            return len(str(part.value)), 0

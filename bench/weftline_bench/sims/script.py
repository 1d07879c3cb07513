"""What a simulated model says, before any provider's spelling."""

import re
from dataclasses import dataclass, replace
from enum import Enum
from typing import TypeAlias

import orjson

Json: TypeAlias = dict[str, object]

# When every simulated answer was made: golden bytes can't have a clock.
CREATED_UNIX_S = 1_790_000_000

# What every answer reports of its prompt, so that usage arithmetic has something to be wrong about.
PROMPT_TOKENS_BASE = 20
CACHED_TOKENS = 4
CACHE_WRITE_TOKENS = 2
IMAGE_TOKENS = 85
AUDIO_TOKENS = 30

_PIECE = re.compile(r"\s*\S+|\s+$")


class Stop(Enum):
    """Why the model stopped."""

    END = "end"
    LENGTH = "length"
    SEQUENCE = "sequence"
    CALLS = "calls"
    FILTERED = "filtered"


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a tool. arguments: a JSON object as text."""

    name: str
    arguments: str = "{}"

    def input(self) -> object:
        """Return the arguments as an object."""
        parsed: object = orjson.loads(self.arguments)
        return parsed


@dataclass(frozen=True, slots=True)
class Counts:
    """Tokens of one answer, each total with its parts: cached, written, image and audio lie in
    `prompt`, reasoning, speech and pictures in `completion`.

    cache_write_1h: written for longer than usual, beside `cache_write`. cached_audio: the part of
    `cached` that was spoken. tools: what the provider's own tools read. searches: no tokens, but
    how often those searched the web.
    """

    prompt: int = PROMPT_TOKENS_BASE
    cached: int = CACHED_TOKENS
    cache_write: int = CACHE_WRITE_TOKENS
    image: int = 0
    audio: int = 0
    completion: int = 0
    reasoning: int = 0
    cache_write_1h: int = 0
    cached_audio: int = 0
    tools: int = 0
    audio_out: int = 0
    image_out: int = 0
    searches: int = 0

    @property
    def fresh(self) -> int:
        """Return the prompt tokens that were neither read from nor written to a cache."""
        return self.prompt - self.cached - self.written

    @property
    def written(self) -> int:
        """Return the prompt tokens that were written to a cache, for however long."""
        return self.cache_write + self.cache_write_1h

    @property
    def visible(self) -> int:
        """Return the completion tokens without reasoning."""
        return self.completion - self.reasoning

    @property
    def total(self) -> int:
        """Return all tokens."""
        return self.prompt + self.completion


@dataclass(frozen=True, slots=True)
class Script:
    """One answer. id: four digits from which every provider mints its ids.

    stop_sequence: which one was met, with `Stop.SEQUENCE`. refusal: what is said instead of text.
    interleaved: parallel calls stream in turns, where the wire format can tell them apart.
    tier: of the service, "" for the usual one.
    """

    text: str = ""
    reasoning: str = ""
    calls: tuple[Call, ...] = ()
    refusal: str = ""
    stop: Stop = Stop.END
    stop_sequence: str | None = None
    counts: Counts = Counts(completion=1)
    id: str = "0001"
    interleaved: bool = False
    tier: str = ""

    def counted(self, prompt: int, *, image: int = 0, audio: int = 0) -> "Script":
        """Return it with the counts of what it says. prompt, image, audio: tokens."""
        said = (self.text, self.refusal, *(c.arguments for c in self.calls))
        reasoning = len(pieces(self.reasoning))
        completion = sum(len(pieces(text)) for text in said) + reasoning
        counts = Counts(
            prompt=prompt, image=image, audio=audio, completion=completion, reasoning=reasoning
        )
        return replace(self, counts=counts)


def pieces(text: str) -> list[str]:
    """Cut text into words with the space before them, as tokens are; joined they are the text."""
    return _PIECE.findall(text)


def fragments(arguments: str) -> list[str]:
    """Cut arguments in two, inside of a string where they have one, as models stream them."""
    half = len(arguments) // 2
    return [part for part in (arguments[:half], arguments[half:]) if part]

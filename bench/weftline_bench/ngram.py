"""A very small language model: it counts which word follows which few, and needs nothing but a
text.

It is real in what matters to a proxy: answers depend on the prompt, differ from one another, have
an end of their own, and repeat exactly under a seed.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import Literal, TypeAlias

from weftline_core.rng import Rng

FinishReason: TypeAlias = Literal["stop", "length"]
Context: TypeAlias = tuple[str, ...]

# Words of context. On a text this short, one gives gibberish and four recite it.
ORDER = 3

# How often a context with a single known continuation is shortened by a word. Without it the model
# recites whole paragraphs.
FORGET_CHANCE = 0.4

# What a token costs is decided by this pattern alone: a word or a mark, with the space before it.
_TOKEN = re.compile(r" ?[\w'-]+| ?[^\w\s]|\s")
_SENTENCE_END = frozenset({".", "?", "!"})


def tokenize(text: str) -> list[str]:
    """Return the tokens of `text`; joined they are `text` again."""
    return _TOKEN.findall(text)


@dataclass(frozen=True, slots=True)
class Sampling:
    """How to generate.

    temperature: 0 always takes the likeliest word. stop: texts that end the answer and are not
    part of it.
    """

    tokens_max: int
    temperature: float = 1.0
    stop: tuple[str, ...] = ()


class NgramModel:
    """Counts of what follows what, and the beginnings of the sentences that were read."""

    def __init__(self, text: str) -> None:
        self._follows: dict[Context, Counter[str]] = {}
        self._starts: list[Context] = []
        self._starts_with: dict[str, set[int]] = {}
        for paragraph in text.split("\n\n"):
            self._read(tokenize(" ".join(paragraph.split())))

    def _read(self, tokens: list[str]) -> None:
        """Learn one paragraph; the empty token ends it."""
        if not tokens:
            return
        padded = [*tokens, ""]
        for at, token in enumerate(padded):
            for length in range(min(ORDER, at) + 1):
                context = tuple(padded[at - length : at])
                self._follows.setdefault(context, Counter())[token] += 1
        ends = [i + 1 for i, token in enumerate(tokens) if token.strip() in _SENTENCE_END]
        for begin, end in pairwise([0, *ends]):
            sentence = tokens[begin:end]
            for word in sentence:
                self._starts_with.setdefault(word.strip().lower(), set()).add(len(self._starts))
            self._starts.append(tuple(sentence[:ORDER]))

    def beginning(self, prompt: str, rng: Rng) -> Context:
        """Return the first words of a sentence that shares rare words with the prompt."""
        scores = [0.0] * len(self._starts)
        for word in {token.strip().lower() for token in tokenize(prompt)}:
            known = self._starts_with.get(word, ())
            for sentence in known:
                scores[sentence] += 1.0 / len(known)
        best = max(scores, default=0.0)
        close = [i for i, score in enumerate(scores) if score >= best / 2]
        return self._starts[close[rng.randrange(len(close))]]

    def following(self, context: Context, temperature: float, rng: Rng) -> str:
        """Return a token that may follow, or the empty one at the end of a paragraph."""
        for length in range(min(ORDER, len(context)), 0, -1):
            counts = self._follows.get(context[-length:])
            if counts is None:
                continue
            # Greedy decoding never forgets: it is asked for to be repeatable.
            certain = len(counts) == 1 and length > 1
            if certain and temperature > 0 and rng.random() < FORGET_CHANCE:
                continue
            return _drawn(counts, temperature, rng)
        return _drawn(self._follows[()], temperature, rng)


def _drawn(counts: Counter[str], temperature: float, rng: Rng) -> str:
    """Return one token by its count; a low temperature sharpens the odds."""
    if temperature <= 0:
        return max(counts, key=lambda token: (counts[token], token))
    top = max(counts.values())
    # Divided by the largest first, so that a tiny temperature can't overflow.
    weights = [(n / top) ** (1.0 / temperature) for n in counts.values()]
    left = rng.random() * sum(weights)
    for token, weight in zip(counts, weights, strict=True):
        left -= weight
        if left < 0:
            return token
    return next(reversed(counts))


class Generation:
    """One answer, word by word; `finish_reason` and `tokens` are true once it has been read to the
    end.
    """

    def __init__(self, model: NgramModel, prompt: str, sampling: Sampling, rng: Rng) -> None:
        self._model = model
        self._prompt = prompt
        self._sampling = sampling
        self._rng = rng
        self.finish_reason: FinishReason = "length"
        self.tokens = 0

    def __iter__(self) -> Iterator[str]:
        """Yield texts, none of them empty; what could be the beginning of a stop text is held
        back.
        """
        held = ""
        for token in self._tokens():
            self.tokens += 1
            held += token
            if (cut := first_stop(held, self._sampling.stop)) is not None:
                self.finish_reason = "stop"
                held = held[:cut]
                break
            safe = len(held) - held_back(held, self._sampling.stop)
            if safe:
                yield held[:safe]
                held = held[safe:]
        if held:
            yield held

    def _tokens(self) -> Iterator[str]:
        context = self._model.beginning(self._prompt, self._rng)
        first = [context[0].lstrip(), *context[1:]]
        for count in range(self._sampling.tokens_max):
            if count < len(first):
                yield first[count]
                continue
            token = self._model.following(context, self._sampling.temperature, self._rng)
            if not token:
                self.finish_reason = "stop"
                return
            yield token
            context = (*context, token)[-ORDER:]


def first_stop(text: str, stops: tuple[str, ...]) -> int | None:
    """Return where the first stop text begins, or None."""
    found = [at for stop in stops if (at := text.find(stop)) >= 0]
    return min(found, default=None)


def held_back(text: str, stops: tuple[str, ...]) -> int:
    """Return how many last characters of `text` may be the beginning of a stop text."""
    longest = max((len(stop) for stop in stops), default=1) - 1
    for length in range(min(longest, len(text)), 0, -1):
        if any(stop.startswith(text[-length:]) for stop in stops):
            return length
    return 0


@cache
def built_in() -> NgramModel:
    """Return the model of the text that comes with this package; read once."""
    text = resources.files("weftline_bench").joinpath("corpus.txt").read_text(encoding="utf-8")
    return NgramModel(text)

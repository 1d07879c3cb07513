"""What can go wrong with an answer, on demand: shaping its frames is pure, the rest is told to the
server.
"""

from dataclasses import dataclass, fields, replace
from typing import Literal, TypeAlias

import msgspec

from weftline_bench.sims.exchange import Answer, Refused, Trouble
from weftline_bench.sims.flavour import Flavour

# The request header that asks for faults; what a control object says comes second.
HEADER = "x-sim-fault"

# How a connection ends early: reset, closed inside of the body, or as if it were complete.
Cut: TypeAlias = Literal["reset", "close", "end"]

_BROKEN_JSON_BYTES = 3


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong with one answer.

    trouble: it is refused so. status: instead of that trouble's own. error_after: after so many
    frames comes `error` as an event, and then the end. delay_s: until the answer begins. pace_s:
    between frames. cut_at: after so many bytes of the body it ends by `cut`. stall_at: after so
    many bytes nothing more comes. garble_at: this frame is broken. content_type: a wrong one.
    frames_max: so many frames, and a clean end. twice: the first frame comes again. keep_alives:
    so many come before the first frame. no_terminal: what ends a stream is missing.
    """

    trouble: Trouble | None = None
    status: int | None = None
    error_after: int | None = None
    error: Trouble = Trouble.OVERLOADED
    delay_s: float = 0.0
    pace_s: float = 0.0
    cut_at: int | None = None
    cut: Cut = "reset"
    stall_at: int | None = None
    garble_at: int | None = None
    content_type: str | None = None
    frames_max: int | None = None
    twice: bool = False
    keep_alives: int = 0
    no_terminal: bool = False


NO_FAULTS = Faults()


def parse_faults(text: str) -> Faults:
    """Return what a text asks for: `trouble=rate_limited; delay_s=0.1; twice`.

    Raises:
        ValueError: it names no fault, or a wrong value.
    """
    given: dict[str, str] = {}
    for item in filter(None, (part.strip() for part in text.split(";"))):
        name, _, value = item.partition("=")
        given[name.strip()] = value.strip() or "true"
    unknown = given.keys() - {known.name for known in fields(Faults)}
    if unknown:
        raise ValueError(f"no fault is called {min(unknown)!r}")
    return msgspec.convert(given, Faults, strict=False)


def shaped(flavour: Flavour, answer: Answer, faults: Faults, task: str = "") -> Answer:
    """Return an answer with those of its faults that lie in its bytes."""
    frames = list(answer.frames)
    if faults.no_terminal and answer.terminal:
        frames = frames[: -answer.terminal]
    if faults.garble_at is not None and faults.garble_at < len(frames):
        frames[faults.garble_at] = _garbled(frames[faults.garble_at])
    if faults.twice:
        frames.insert(0, frames[0])
    if faults.frames_max is not None:
        frames = frames[: faults.frames_max]
    if faults.error_after is not None and answer.stream:
        words = f"The simulator was told to fail: {faults.error.value}."
        refused = Refused(faults.error, words)
        frames = [*frames[: faults.error_after], flavour.error_frame(refused, task)]
    if faults.keep_alives:
        frames = [flavour.keep_alive(stream=answer.stream) or b"\n"] * faults.keep_alives + frames
    headers = dict(answer.headers)
    if faults.content_type is not None:
        headers["content-type"] = faults.content_type
    return replace(answer, frames=tuple(frames), headers=headers)


def refused_by(faults: Faults) -> Refused | None:
    """Return the refusal that was asked for."""
    if faults.trouble is None:
        return None
    words = f"The simulator was told to refuse: {faults.trouble.value}."
    return Refused(faults.trouble, words, status=faults.status)


def _garbled(frame: bytes) -> bytes:
    """Return a frame with broken JSON, or with a wrong last byte where it is binary."""
    text = frame.rstrip(b"\r\n")
    if text.startswith((b"data:", b"event:", b"{")):
        return text[:-_BROKEN_JSON_BYTES] + frame[len(text) :]
    return frame[:-1] + bytes([frame[-1] ^ 0xFF])

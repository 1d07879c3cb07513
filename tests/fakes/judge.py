"""What a client may see, and whether it saw it.

`outcome` looks at one answer alone and says what a careful client would conclude. `allowed` says
which conclusions are right for a fault.
"""

import json
from dataclasses import dataclass
from enum import Enum, auto
from typing import cast

from tests.fakes.answers import text_of
from tests.fakes.exchange import Expect
from tests.fakes.raw_client import Ended, Reply

_ERROR_KEYS = {"message", "type", "param", "code"}


class Verdict(Enum):
    """What a careful client concludes from an answer."""

    RIGHT = auto()  # complete, and every word is the request's own
    ERROR = auto()  # an error status with OpenAI's error object
    BROKEN_OFF = auto()  # a true beginning, then an error event or an aborted connection
    WRONG = auto()  # anything else: a silent cut, foreign content, a hang, an unreadable error


@dataclass(frozen=True, slots=True)
class Outcome:
    """A verdict and, where it is WRONG, why. who: the endpoints whose words are in the answer."""

    verdict: Verdict
    why: str = ""
    who: tuple[str, ...] = ()


def allowed(expect: Expect, *, twin: bool) -> frozenset[Verdict]:
    """Return the verdicts that are right for a fault, alone or beside a healthy twin."""
    right, error, broken = Verdict.RIGHT, Verdict.ERROR, Verdict.BROKEN_OFF
    match expect:
        case Expect.HEALTHY:
            return frozenset({right})
        case Expect.CALLER:
            return frozenset({error})
        case Expect.EITHER:
            return frozenset({right} if twin else {right, error})
        case Expect.FAILS:
            return frozenset({right} if twin else {error})
        case Expect.BROKEN_OFF:
            # Once content has gone out nobody else may go on in silence, twin or not.
            return frozenset({broken})


def outcome(reply: Reply, nonce: str, *, streamed: bool) -> Outcome:
    """Return what a careful client concludes from `reply`, its answer to `nonce`."""
    if reply.ended is Ended.HUNG:
        return _wrong(f"hung after {reply.status} and {len(reply.body)} bytes of body")
    if not reply.status:
        return _wrong("the connection ended with no answer at all")
    if reply.status >= 400:
        return _of_error(reply)
    if reply.status != 200:
        return _wrong(f"status {reply.status}")
    return _of_stream(reply, nonce) if streamed else _of_whole(reply, nonce)


def _wrong(why: str) -> Outcome:
    return Outcome(Verdict.WRONG, why)


def is_error(body: bytes) -> bool:
    """Return whether `body` is OpenAI's error object, complete."""
    try:
        error = cast(dict[str, dict[str, object]], json.loads(body))["error"]
        return set(error) >= _ERROR_KEYS and bool(error["message"])
    except (ValueError, KeyError, TypeError):
        return False


def _of_error(reply: Reply) -> Outcome:
    if reply.ended is Ended.CUT:
        return _wrong("an error answer was cut")
    if not reply.headers.get("content-type", "").startswith("application/json"):
        return _wrong("an error answer is not JSON by its content-type")
    if not is_error(reply.body):
        return _wrong(f"not OpenAI's error object: {reply.body[:120]!r}")
    return Outcome(Verdict.ERROR)


def _of_whole(reply: Reply, nonce: str) -> Outcome:
    if reply.ended is Ended.CUT:
        return Outcome(Verdict.BROKEN_OFF)
    try:
        answer = json.loads(reply.body)
        text = answer["choices"][0]["message"]["content"]
        who = str(answer["id"]).split("-")[1]
    except (ValueError, KeyError, IndexError, TypeError):
        return _wrong(f"a 200 that is no completion: {reply.body[:120]!r}")
    if text != text_of(nonce):
        return _wrong(f"wrong content: {text[:120]!r}")
    return Outcome(Verdict.RIGHT, who=(who,))


@dataclass(slots=True)
class _Read:
    """What the events of a stream said."""

    text: str = ""
    who: tuple[str, ...] = ()
    finished: bool = False
    done: bool = False
    failed: bool = False


def _of_stream(reply: Reply, nonce: str) -> Outcome:
    # Only complete events count; what follows the last blank line was never dispatched.
    *events, _ = reply.body.replace(b"\r\n", b"\n").split(b"\n\n")
    try:
        read = _read_events(events)
    except (ValueError, KeyError, IndexError, TypeError) as e:
        return _wrong(f"an event that is no chunk ({e}): {reply.body[-200:]!r}")
    whole_text = text_of(nonce)
    if not whole_text.startswith(read.text):
        return _wrong(f"wrong content: {read.text[:120]!r}")
    if len(read.who) > 1:
        return _wrong(f"two endpoints in one answer: {read.who}")
    if read.failed or reply.ended is Ended.CUT:
        return Outcome(Verdict.BROKEN_OFF, who=read.who)
    if read.text != whole_text or not read.finished or not read.done:
        return _wrong(f"a silent cut after {len(read.text)} of {len(whole_text)} characters")
    return Outcome(Verdict.RIGHT, who=read.who)


def _read_events(events: list[bytes]) -> _Read:
    read = _Read()
    for event in events:
        lines = [line for line in event.split(b"\n") if line and not line.startswith(b":")]
        if not lines:
            continue
        data = b"\n".join(line.removeprefix(b"data: ") for line in lines)
        if read.done:
            raise ValueError("an event after [DONE]")
        if data == b"[DONE]":
            read.done = True
        elif b'"error"' in data:
            if not is_error(data):
                raise ValueError("an error event without OpenAI's error object")
            read.failed = True
        else:
            _read_chunk(read, data)
    return read


def _read_chunk(read: _Read, data: bytes) -> None:
    chunk = json.loads(data)
    who = str(chunk["id"]).split("-")[1]
    if who not in read.who:
        read.who += (who,)
    for choice in chunk["choices"]:
        read.text += choice["delta"].get("content") or ""
        read.finished = read.finished or choice["finish_reason"] == "stop"

"""What becomes of an endpoint's body on its way to the client.

A stream is relayed event by event, in the loop turn in which it came; until its first content it is
held back, so that a failure can still become another endpoint's answer. A whole answer is held
until it is whole.
"""

from collections.abc import Mapping

from weftline_core.dialects.dialect import Framing, NotAnAnswer, Tap
from weftline_core.dialects.replay import Replay
from weftline_core.eventstream import DamagedEvent
from weftline_core.framing import splitter
from weftline_core.inflate import BadCompression, Inflater
from weftline_core.limits import ANSWER_BODY_BYTES_MAX, HELD_BYTES_MAX
from weftline_core.sse import EventTooLong

# An error's body. What matters of it are four short fields.
ERROR_BODY_BYTES_MAX = 64 * 1024


# What a stream calls itself, by its framing.
_KINDS: dict[Framing, bytes] = {
    "sse": b"text/event-stream",
    "ndjson": b"application/x-ndjson",
    "eventstream": b"application/vnd.amazon.eventstream",
}


class BadAnswer(Exception):
    """The body breaks its format or one of its limits."""


class StreamRelay:
    """Relays one endpoint's stream through a tap, which may translate it."""

    __slots__ = ("_held", "_held_bytes", "_inflater", "_left", "_splitter", "flowing", "tap")

    def __init__(self, headers: Mapping[bytes, bytes], framing: Framing, tap: Tap) -> None:
        kind = headers.get(b"content-type", _KINDS[framing])
        if not kind.lower().startswith(_KINDS[framing]):
            raise BadAnswer("its answer is no event stream")
        self._inflater = _inflater(headers)
        self._splitter = splitter(framing)
        self._held: list[bytes] = []
        self._held_bytes = 0
        # Translations remember what they have written, and some dialects say it all again at the
        # end: without a bound, an endpoint that never ends would fill the memory.
        self._left = ANSWER_BODY_BYTES_MAX
        self.tap = tap
        self.flowing = False

    def feed(self, payload: bytes) -> bytes:
        """Return what may go to the client now; the first time, with all that was held.

        Raises:
            BadAnswer: an event, what is held back or all of it is too long, or the compression is
                bad.
        """
        try:
            if self._inflater is not None:
                payload = self._inflater.feed(payload)
            whole = self._splitter.feed(payload)
        except (EventTooLong, DamagedEvent, BadCompression) as e:
            raise BadAnswer(str(e)) from None
        if not whole:
            return b""
        self._left -= len(whole)
        if self._left < 0:
            raise BadAnswer(f"it is over ANSWER_BODY_BYTES_MAX ({ANSWER_BODY_BYTES_MAX} bytes)")
        if self.flowing:
            return self.tap.glance(whole)
        return self._hold(self.tap.read(whole))

    def end(self) -> bytes:
        """Take note that the body has ended, and return what is still to go out."""
        out = self.tap.end()
        return out if self.flowing else self._hold(out)

    def _hold(self, events: bytes) -> bytes:
        self._held.append(events)
        self._held_bytes += len(events)
        # An error beside the first content, with nothing sent yet, is still an error status.
        if self.tap.begun and self.tap.error is None:
            self.flowing = True
            held, self._held = b"".join(self._held), []
            return held
        if self._held_bytes > HELD_BYTES_MAX:
            raise BadAnswer(f"it sends no content in HELD_BYTES_MAX ({HELD_BYTES_MAX} bytes)")
        return b""


class WholeRelay:
    """Collects a body until it is whole."""

    __slots__ = ("_bytes_max", "_inflater", "_pieces", "_size")

    def __init__(
        self, headers: Mapping[bytes, bytes], bytes_max: int = ANSWER_BODY_BYTES_MAX
    ) -> None:
        self._inflater = _inflater(headers, bytes_max)
        self._pieces: list[bytes] = []
        self._size = 0
        self._bytes_max = bytes_max

    def feed(self, payload: bytes) -> None:
        """Keep `payload`.

        Raises:
            BadAnswer: the body is too long, or its compression is bad.
        """
        if self._inflater is not None:
            try:
                payload = self._inflater.feed(payload)
            except BadCompression as e:
                raise BadAnswer(str(e)) from None
        self._size += len(payload)
        if self._size > self._bytes_max:
            raise BadAnswer(f"its body is over {self._bytes_max} bytes")
        self._pieces.append(payload)

    def body(self) -> bytes:
        """Return what has come.

        Raises:
            BadAnswer: a compressed body was cut.
        """
        if self._inflater is not None:
            try:
                self._inflater.end()
            except BadCompression as e:
                raise BadAnswer(str(e)) from None
        return self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)


class ReplayRelay:
    """Collects a whole answer and gives it on as the stream that was asked for."""

    __slots__ = ("_whole", "tap")

    def __init__(self, headers: Mapping[bytes, bytes], tap: Replay) -> None:
        self._whole = WholeRelay(headers)
        self.tap = tap

    def feed(self, payload: bytes) -> bytes:
        """Keep `payload`, and return nothing.

        Raises:
            BadAnswer: the body is too long, or its compression is bad.
        """
        self._whole.feed(payload)
        return b""

    def end(self) -> bytes:
        """Return the whole answer as events.

        Raises:
            BadAnswer: it is no answer, or was cut.
        """
        try:
            return self.tap.read(self._whole.body())
        except NotAnAnswer as e:
            raise BadAnswer(str(e)) from None


def _inflater(
    headers: Mapping[bytes, bytes], bytes_max: int = ANSWER_BODY_BYTES_MAX
) -> Inflater | None:
    coding = headers.get(b"content-encoding")
    if not coding or coding.lower() == b"identity":
        return None
    try:
        return Inflater(coding, bytes_max)
    except BadCompression as e:
        raise BadAnswer(str(e)) from None

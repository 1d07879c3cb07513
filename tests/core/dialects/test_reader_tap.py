"""A stream is passed on byte for byte while its reader watches."""

from weftline_core.chat.answer import Stop
from weftline_core.chat.events import Done, Event, Failed, Finish, TextDelta, Used
from weftline_core.dialects.reader_tap import ReaderTap
from weftline_core.dialects.wire import broken
from weftline_core.sse import data_of, events
from weftline_core.usage import Usage


class Reader:
    """Reads words; `!` fails, `.` stops, `$` is usage and the end."""

    def read(self, whole: bytes) -> list[Event]:
        meaning: dict[bytes, list[Event]] = {
            b"!": [Failed(broken("failed"))],
            b".": [Finish(Stop.END)],
            b"$": [Used(Usage(3, 4)), Done()],
            b"-": [],
        }
        return [
            event
            for one in events(whole)
            for event in meaning.get(data_of(one), [TextDelta(data_of(one).decode())])
        ]

    def end(self) -> list[Event]:
        return [Done()]


def wire(words: str) -> bytes:
    return b"".join(b"event: x\ndata: %b\n\n" % word.encode() for word in words.split())


def test_a_good_stream_passes_untouched() -> None:
    tap = ReaderTap(Reader())
    assert tap.read(wire("-")) == wire("-")
    assert not tap.begun
    first = wire("a b .")
    assert tap.read(first) is first
    assert (tap.begun, tap.content_events, tap.done) == (True, 2, False)
    assert tap.glance(wire("$ c")) == wire("$")
    assert (tap.done, tap.usage, tap.error) == (True, Usage(3, 4), None)
    assert tap.read(wire("d")) == b""


def test_nothing_passes_from_an_error_on() -> None:
    tap = ReaderTap(Reader())
    assert tap.read(wire("a ! b")) == wire("a")
    assert tap.error is not None
    assert tap.content_events == 1


def test_the_end_of_the_body_is_the_readers_to_judge() -> None:
    tap = ReaderTap(Reader())
    tap.read(wire("a ."))
    assert tap.end() == b""
    assert tap.done

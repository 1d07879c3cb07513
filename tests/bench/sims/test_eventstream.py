"""The binary framing, read by botocore."""

from importlib import import_module
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from weftline_bench.sims.eventstream import event, exception, message

EventStreamBuffer: Any = import_module("botocore.eventstream").EventStreamBuffer


NAMES = st.from_regex(r"[a-z:-]{1,20}", fullmatch=True)
HEADERS = st.dictionaries(NAMES, st.text(max_size=50))


def read(*messages: bytes) -> list[Any]:
    buffer = EventStreamBuffer()
    buffer.add_data(b"".join(messages))
    return list(buffer)


@given(HEADERS, st.binary())
def test_botocore_reads_what_is_written(headers: dict[str, str], payload: bytes) -> None:
    [found] = read(message(headers, payload))
    assert found.headers == headers
    assert found.payload == payload


def test_events_and_exceptions() -> None:
    first, second = read(event("a", {"x": 1}), exception("b", {}))
    assert first.headers[":message-type"] == "event"
    assert (first.headers[":event-type"], first.payload) == ("a", b'{"x":1}')
    assert second.headers[":exception-type"] == "b"

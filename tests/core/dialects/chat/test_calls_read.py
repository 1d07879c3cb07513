"""Tool calls, out of every kind of fragments."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftline_core.chat.events import CallBegin, CallDelta, CallEnd, Event
from weftline_core.dialects.chat.calls_read import Calls, minted
from weftline_core.dialects.chat.host_shapes import HostCall


def read(*fragments: dict[str, Any]) -> tuple[list[Event], Calls]:
    calls = Calls(0, "a1")
    out: list[Event] = []
    for fragment in fragments:
        calls.add(msgspec.convert(fragment, HostCall), out)
    return out, calls


def part(
    arguments: Any = None, *, index: int | None = None, call_id: Any = None, name: Any = None
) -> dict[str, Any]:
    return {
        "index": index,
        "id": call_id,
        "type": "function",
        "function": {"name": name, "arguments": arguments},
    }


ARGUMENTS: list[Any] = [None, "", "{", {}, 7]
TWO: list[Event] = [
    CallBegin(0, "c1", "f"),
    CallDelta(0, '{"a"'),
    CallDelta(0, ":1}"),
    CallBegin(1, "c2", "g"),
    CallDelta(1, "{}"),
]


@pytest.mark.parametrize(
    "fragments",
    [
        pytest.param(
            [
                part("", index=0, call_id="c1", name="f"),
                part('{"a"', index=0),
                part(":1}", index=0),
                part("", index=1, call_id="c2", name="g"),
                part("{}", index=1),
            ],
            id="openai",
        ),
        pytest.param(
            [
                part('{"a"', index=0, call_id="c1", name="f"),
                part(":1}", index=0, call_id="", name=""),
                part("", index=0, call_id="", name=None),
                part("{}", index=1, call_id="c2", name="g"),
            ],
            id="empty ids",
        ),
        pytest.param(
            [
                part('{"a"', call_id="c1", name="f"),
                part(":1}", call_id="c1"),
                part("{}", call_id="c2", name="g"),
            ],
            id="no index",
        ),
        pytest.param(
            [
                part('{"a"', index=0, call_id="c1", name="f"),
                part(":1}", index=0, call_id="c1", name="f"),
                part("{}", index=0, call_id="c2", name="g"),
            ],
            id="all numbered 0",
        ),
        pytest.param(
            [
                part('{"a"', index=0, call_id="c1", name="f"),
                part(":1}", index=0, call_id="other"),
                part({}, index=5, call_id="c2", name="g"),
            ],
            id="ids that change, numbers that skip, an object",
        ),
        pytest.param(
            [
                part(None, index=0, call_id="c1"),
                part('{"a"', index=0, name="f"),
                part(":1}", index=0),
                part("{}", index=1, call_id="c2", name="g"),
            ],
            id="a name that is late",
        ),
    ],
)
def test_fragments_of_every_host_are_the_same_calls(fragments: list[dict[str, Any]]) -> None:
    out, calls = read(*fragments)
    assert out == TWO
    assert calls.ends() == [CallEnd(0), CallEnd(1)]
    assert len(calls) == 2
    assert not calls.nameless


def test_interleaved_fragments_stay_with_their_calls() -> None:
    out, _ = read(
        part("a", index=0, call_id="c1", name="f"),
        part("x", index=1, call_id="c2", name="g"),
        part("b", index=0),
        part("y", index=1),
    )
    words = [(e.call, e.arguments) for e in out if isinstance(e, CallDelta)]
    assert words == [(0, "a"), (1, "x"), (0, "b"), (1, "y")]


def test_calls_without_ids_get_their_own() -> None:
    out, _ = read(part("{}", name="f"), part("{}", name="f"))
    ids = [e.id for e in out if isinstance(e, CallBegin)]
    assert ids == [minted("a1", 0, 0), minted("a1", 0, 1)]
    assert len(set(ids)) == 2
    assert minted("a2", 0, 0) != ids[0]


def test_free_text_has_its_own_kind() -> None:
    out, _ = read({"id": "c1", "type": "custom", "custom": {"name": "run", "input": "ls"}})
    assert out == [CallBegin(0, "c1", "run", free_text=True), CallDelta(0, "ls")]


def test_a_call_without_a_name_is_known() -> None:
    out, calls = read(part("{}", index=0, call_id="c1"))
    assert out == []
    assert calls.nameless


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "index": st.none() | st.integers(-2, 3),
                "id": st.sampled_from([None, "", "c1", "c2", 7]),
                "function": st.none()
                | st.fixed_dictionaries(
                    {
                        "name": st.sampled_from([None, "", "f", 7]),
                        "arguments": st.sampled_from(ARGUMENTS),
                    }
                ),
            }
        ),
        max_size=8,
    )
)
def test_every_call_begins_once_and_before_its_words(fragments: list[dict[str, Any]]) -> None:
    out, calls = read(*fragments)
    begun: list[int] = []
    for event in out:
        if isinstance(event, CallBegin):
            assert event.id
            assert event.name
            begun.append(event.call)
        else:
            assert isinstance(event, CallDelta)
            assert event.call in begun
    assert len(set(begun)) == len(begun)
    assert calls.nameless or len(begun) == len(calls)

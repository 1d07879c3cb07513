"""Damaged values are set aside by name; the rest is served."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.control import IAD, MODEL
from weftline_control.admission import Damaged, admit, decoded
from weftline_core.desired import Desired, Model, Pop, Resource, encode, ref


def stored(*resources: Resource) -> dict[str, bytes]:
    return {ref(r): encode(r) for r in resources}


def test_good_values_are_served() -> None:
    assert admit(stored(MODEL, IAD), {}) == ({ref(MODEL): MODEL, ref(IAD): IAD}, {})


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"null",
        b'{"kind":"Pop"}',
        b'{"kind":"Pop","name":"b"}',
        b'{"kind":"Pop","name":"a","extra":1}',
        b'{"kind":"Nothing","name":"a"}',
    ],
)
def test_what_is_no_resource_of_that_name_is_damaged(value: bytes) -> None:
    with pytest.raises(Damaged):
        decoded("Pop/a", value)


def test_a_damaged_value_leaves_the_others_alone() -> None:
    values = {**stored(MODEL), "Pop/a": b"{"}
    good, refused = admit(values, {})
    assert good == {ref(MODEL): MODEL}
    assert "damaged" in refused["Pop/a"]


def test_the_last_good_value_stays_in_force() -> None:
    before: dict[str, Resource] = {"Pop/a": Pop(name="a", drain=True)}
    good, refused = admit({"Pop/a": b"{"}, before)
    assert good == before
    assert list(refused) == ["Pop/a"]


def test_what_does_not_fit_the_rest_is_refused() -> None:
    good, refused = admit(stored(IAD), {})
    assert good == {}
    assert "no Model resource defines" in refused[ref(IAD)]


def test_one_fault_may_bring_down_another_and_it_ends() -> None:
    twin = Model(name="z", aliases=("acme/small",))
    good, refused = admit({**stored(twin, IAD), ref(MODEL): b"{"}, {})
    assert good == {"Model/z": twin}
    assert set(refused) == {ref(MODEL), ref(IAD)}


@settings(max_examples=100)
@given(
    st.dictionaries(st.sampled_from([ref(MODEL), ref(IAD), "Pop/a"]), st.binary(max_size=12)),
    st.booleans(),
)
def test_whatever_is_stored_what_is_served_is_valid(junk: dict[str, bytes], known: bool) -> None:
    before: dict[str, Resource] = {ref(MODEL): MODEL, ref(IAD): IAD} if known else {}
    good, refused = admit({**stored(MODEL, IAD), **junk}, before)
    assert Desired(resources=good).problems() == []
    assert set(refused) <= {*junk, ref(IAD)}

"""Bodies read into shapes, and mistakes told with their paths."""

import msgspec
import pytest

from weftline_core.dialects.dialect import PathArgs
from weftline_core.dialects.shape import PATH_CHARS_MAX, model_of, shaped, strays, stream_of, wrong
from weftline_core.errors import CallerError


class _Inner(msgspec.Struct):
    n: int


class _Outer(msgspec.Struct):
    items: list[_Inner]
    name: str = ""


def test_a_right_body_has_its_shape() -> None:
    assert shaped({"items": [{"n": 1}]}, _Outer).items[0].n == 1


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"items": [{"n": 1}, {"n": "x"}]}, "items[1].n"),
        ({"items": [], "name": 3}, "name"),
        ({"name": "x"}, None),
        ([], None),
    ],
)
def test_a_mistake_is_told_with_its_path(body: object, param: str | None) -> None:
    with pytest.raises(CallerError) as told:
        shaped(body, _Outer)
    assert told.value.param == param
    assert told.value.message.startswith(param or "the body")
    assert "`" not in told.value.message


def test_a_path_may_be_under_another() -> None:
    with pytest.raises(CallerError) as told:
        shaped({"n": None}, _Inner, "tools[2].function")
    assert told.value.param == "tools[2].function.n"


def test_strays_are_what_nobody_knows() -> None:
    known = {"a", "b"}
    assert strays({"a": 1}, known) == []
    assert strays({"a": 1, "c": None}, known) == []
    assert strays({"a": 1, "c": 2, "d": 0}, known, "x[0]") == ["x[0].c", "x[0].d"]


def test_a_long_name_is_cut() -> None:
    assert len(strays({"c" * 1000: 1}, set())[0]) == PATH_CHARS_MAX


@pytest.mark.parametrize("model", [None, "", 7, ["m"]])
def test_a_model_must_be_named(model: object) -> None:
    with pytest.raises(CallerError) as told:
        model_of({"model": model})
    assert told.value.param == "model"


def test_the_path_names_the_model_before_the_body() -> None:
    assert model_of({"model": "m"}) == "m"
    assert model_of({"model": "m"}, PathArgs(model="p")) == "p"


@pytest.mark.parametrize(
    ("body", "wanted"), [({}, False), ({"stream": None}, False), ({"stream": True}, True)]
)
def test_a_stream_is_wanted_or_not(body: dict[str, object], wanted: bool) -> None:
    assert stream_of(body) is wanted
    assert stream_of(body, PathArgs(stream=not wanted)) is not wanted


def test_a_wish_for_a_stream_is_a_truth_value() -> None:
    with pytest.raises(CallerError) as told:
        stream_of({"stream": 1})
    assert told.value.param == "stream"


def test_a_mistake_names_its_field() -> None:
    assert (wrong("a.b", "no").message, wrong("a.b", "no").param) == ("a.b: no", "a.b")

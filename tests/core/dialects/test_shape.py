"""Bodies read into shapes, and mistakes told with their paths."""

import msgspec
import pytest

from weftline_core.dialects.shape import PATH_CHARS_MAX, shaped, strays
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

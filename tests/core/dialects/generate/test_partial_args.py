"""Arguments in pieces."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftline_core.dialects.generate.partial_args import BadPath, PartialArgs
from weftline_core.dialects.generate.shapes import PartialArg


def built(*pieces: PartialArg) -> object:
    args = PartialArgs()
    for piece in pieces:
        args.add(piece)
    return orjson.loads(args.text())


def text(path: str, value: str) -> PartialArg:
    return PartialArg(json_path=path, string_value=value)


def test_pieces_of_one_place_are_joined() -> None:
    assert built(text("$.city", "Bos"), text("$.n", "x"), text("$.city", "ton")) == {
        "city": "Boston",
        "n": "x",
    }


def test_every_kind_of_value_has_its_place() -> None:
    assert built(
        PartialArg(json_path="$.a.b[0].c", number_value=3.0),
        PartialArg(json_path="$.a.b[1]", bool_value=False),
        PartialArg(json_path="$.a['odd.name']", number_value=1.5),
        PartialArg(json_path='$["q\\"x"]'),
    ) == {"a": {"b": [{"c": 3}, False], "odd.name": 1.5}, 'q"x': None}


def test_what_came_whole_is_kept() -> None:
    args = PartialArgs({"a": 1})
    args.add(PartialArg(json_path="$.b", string_value="x", will_continue=True))
    assert args.open
    assert orjson.loads(args.text()) == {"a": 1, "b": "x"}


@pytest.mark.parametrize(
    "path",
    ["", "x", "$", "$.", "$[0]", "$.a[5]", "$.a[x]", "$..b", "$.a[999999999]", "$" + ".a" * 99],
)
def test_a_place_that_cannot_be_is_refused(path: str) -> None:
    with pytest.raises(BadPath):
        built(text(path, "x"))


def test_a_name_has_no_place_in_a_list() -> None:
    with pytest.raises(BadPath):
        built(text("$.a[0]", "x"), text("$.a.b", "x"))
    with pytest.raises(BadPath):
        built(text("$.a.b", "x"), text("$.a[0]", "x"))
    with pytest.raises(BadPath):
        built(text("$.a", "x"), text("$.a.b", "x"))


@given(st.lists(st.text(max_size=4), min_size=1))
def test_any_text_in_any_pieces_is_whole_again(pieces: list[str]) -> None:
    assert built(*(text("$.a", piece) for piece in pieces)) == {"a": "".join(pieces)}


@given(st.text(alphabet="$.[]'\"\\a0", max_size=12))
def test_no_path_is_too_odd(path: str) -> None:
    try:
        built(text(path, "x"))
    except BadPath:
        return
    assert path.startswith("$")

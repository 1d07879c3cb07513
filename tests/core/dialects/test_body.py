"""A client's body is read once, and has one reading."""

import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftline_core.dialects.body import (
    CLOSE_LOOK_BYTES_MAX,
    DEPTH_MAX,
    INTEGER_MAX,
    INTEGER_MIN,
    parse_body,
)
from weftline_core.errors import CallerError

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), VALUES), st.sampled_from([None, 1]), st.booleans())
def test_every_writers_json_is_read(
    body: dict[str, object], indent: int | None, ascii_only: bool
) -> None:
    text = json.dumps(body, indent=indent, ensure_ascii=ascii_only)
    try:
        data = text.encode()
        orjson.loads(data)
    except (UnicodeEncodeError, orjson.JSONDecodeError):
        return
    assert parse_body(data) == body


@pytest.mark.parametrize(
    ("data", "param"),
    [
        (b'{"a": 1, "a": 2}', "a"),
        (b'{"a" : 1, "a" : 2}', "a"),
        (b'{"a": [{"b": {"c": 1, "d": 2, "c": 3}}]}', "a[0].b.c"),
        (b'{"m": [{"role": "user"}, {"role": "user", "role": "system"}]}', "m[1].role"),
        (b'{"\\u0061": 1, "a": 2}', "a"),
        (b'{"a":1,"a":1e6}', "a"),
    ],
)
def test_a_name_that_stands_twice_is_told_with_its_path(data: bytes, param: str) -> None:
    with pytest.raises(CallerError, match="twice") as told:
        parse_body(data)
    assert told.value.param == param


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no body"),
        (b"[]", "must be a JSON object"),
        (b'{"a": }', "not valid JSON"),
        (b"\xff", "not valid JSON"),
        (b'{"a":' * 300 + b"1" + b"}" * 300, "nested deeper"),
        (b"[" * 5_000_000, "not valid JSON"),
        (b'{"a":' * 2_000_000, "not valid JSON"),
    ],
)
def test_what_is_no_object_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(CallerError, match=words):
        parse_body(data)


def test_the_deepest_body_that_can_be_written_is_read() -> None:
    depth = DEPTH_MAX
    data = b'{"a":' * depth + b"1" + b"}" * depth
    assert parse_body(data)["a"] is not None


def test_text_that_looks_like_a_name_is_no_name() -> None:
    assert parse_body(b'{"a": "\\"b\\": 1, \\"b\\": 2"}') == {"a": '"b": 1, "b": 2'}


def test_a_number_that_another_reader_would_refuse_is_no_fault() -> None:
    data = b'{"a" : 1' + b"0" * 5000 + b'.0e-4990, "b" : 2}'
    assert parse_body(data)["b"] == 2


def test_a_large_body_is_not_looked_at_closely() -> None:
    data = b'{"a" : "' + b"x" * CLOSE_LOOK_BYTES_MAX + b'"}'
    with pytest.raises(CallerError, match="without spaces"):
        parse_body(data)
    assert parse_body(data.replace(b'" :', b'":'))


@pytest.mark.parametrize(
    "number", [INTEGER_MAX, INTEGER_MIN, 2**63, 1e18, 2.0**63, 2.0**64, 1e30, -1e300, 12345678e12]
)
@pytest.mark.parametrize("form", ['{"a":%s}', '{"a" : [{"b": %s}, "e+20,"]}'])
def test_the_largest_numbers_stay_as_they_are(number: float, form: str) -> None:
    data = (form % json.dumps(number)).encode()
    assert parse_body(data) == json.loads(data)
    assert json.loads(orjson.dumps(parse_body(data))) == json.loads(data)


@pytest.mark.parametrize(
    ("data", "param"),
    [
        (b'{"seed":18446744073709551616}', "seed"),
        (b'{"seed": -9223372036854775809}', "seed"),
        (b'{"a":[1,{"b":123456789012345678901}]}', "a[1].b"),
        (b'{"a":[0.5,123456789012345678901,1e30]}', "a[1]"),
        (b'{"a": 1e30, "b": {"c": 100000000000000000000000}}', "b.c"),
        (b'{"a":' + b"9" * 308 + b"}", "a"),
    ],
)
def test_an_integer_that_would_be_rounded_is_told_with_its_path(data: bytes, param: str) -> None:
    with pytest.raises(CallerError, match="more than 64 bits") as told:
        parse_body(data)
    assert told.value.param == param


@given(st.integers(), st.sampled_from(['{"a":%d}', '{"a": [0.5, %d]}', '{"a": {"b": [[%d]]}}']))
def test_an_integer_is_exact_or_refused(number: int, form: str) -> None:
    data = (form % number).encode()
    try:
        read = parse_body(data)
    except CallerError:
        assert not INTEGER_MIN <= number <= INTEGER_MAX
    else:
        assert json.loads(orjson.dumps(read)) == json.loads(data)


def test_text_that_looks_like_a_large_number_is_none() -> None:
    for text in ("12345678901234567890123", "1e+30,", "[1e+30]"):
        data = json.dumps({"a": [text, 1.5]}, indent=1).encode()
        assert parse_body(data) == {"a": [text, 1.5]}
    large = b'{"a" :' + b'"1.5e+20,2.5e+20,' + b"x" * CLOSE_LOOK_BYTES_MAX + b'"}'
    assert parse_body(large.replace(b'" :', b'": '))["a"]


def test_a_large_number_in_a_large_body_is_refused_unseen() -> None:
    data = b'{"n": 18446744073709551616, "a": "' + b"x" * CLOSE_LOOK_BYTES_MAX + b'"}'
    with pytest.raises(CallerError, match="more than 64 bits"):
        parse_body(data)


@given(st.binary(max_size=100))
def test_junk_is_the_callers_fault(junk: bytes) -> None:
    try:
        parse_body(junk)
    except CallerError:
        return
    assert isinstance(orjson.loads(junk), dict)

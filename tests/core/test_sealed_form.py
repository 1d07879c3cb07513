"""The text of a sealed secret: one for each box, and nothing else is taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftline_core.sealed_form import (
    NONCE_BYTES,
    SECRET_BYTES_MAX,
    TAG_BYTES,
    key_id_of,
    one_line,
    read,
    sealed_problem,
    sealed_shown,
    secret_problem,
    written,
)

KEY_ID = "0123456789ab"
BOXES = st.binary(min_size=NONCE_BYTES + TAG_BYTES + 1, max_size=200)


@given(BOXES)
def test_there_and_back(box: bytes) -> None:
    text = written(KEY_ID, box)
    assert read(text) == (KEY_ID, box)
    assert text.isascii()
    assert text.isprintable()
    assert not set(text) & set(" =+/\n")


@given(BOXES, st.sampled_from("ABab01-_="), st.data())
def test_a_box_has_one_text_only(box: bytes, char: str, data: st.DataObject) -> None:
    text = written(KEY_ID, box)
    at = data.draw(st.integers(0, len(text)))
    for changed in (text[:at] + char + text[at:], text[:at] + char + text[at + 1 :]):
        if changed != text:
            assert read(changed) != (KEY_ID, box)


@given(st.text(max_size=80) | st.text("weft1.0a_-=", max_size=80))
def test_any_other_text_is_none(text: str) -> None:
    found = read(text)
    assert found is None or written(*found) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sk-live-123",
        f"weft1.{KEY_ID}.",
        written(KEY_ID, bytes(NONCE_BYTES + TAG_BYTES)),
        written(KEY_ID, bytes(NONCE_BYTES + TAG_BYTES + SECRET_BYTES_MAX + 1)),
        written(KEY_ID.upper(), bytes(40)),
        written(KEY_ID, bytes(40)) + "\n",
        written(KEY_ID, bytes(40)) + "A" * 3,
    ],
)
def test_what_is_none_is_told_and_never_quoted(text: str) -> None:
    assert read(text) is None
    assert key_id_of(text) is None
    problem = sealed_problem(text)
    assert problem == "sealed is no sealed secret: make one with `weft credential seal`"


def test_a_later_format_is_told_by_name() -> None:
    assert "the format weft2" in (sealed_problem("weft2.x.y") or "")


def test_people_see_the_key_id_only() -> None:
    sealed = written(KEY_ID, bytes(40))
    assert sealed_problem(sealed) is None
    assert sealed_shown(sealed) == f"sealed (key id {KEY_ID})"
    assert sealed_shown("sk-live-123") == "sealed (key id unreadable)"


@pytest.mark.parametrize(
    ("secret", "said"),
    [
        ("", "is empty"),
        ("x" * (SECRET_BYTES_MAX + 1), "is longer than"),
        ("two\r\nlines: yes", "no header may carry"),
        ("schl\u00fcssel", "no header may carry"),
    ],
)
def test_a_secret_that_no_header_can_carry_is_refused(secret: str, said: str) -> None:
    problem = secret_problem(secret)
    assert problem is not None
    assert said in problem
    assert not secret or secret not in problem


def test_a_usual_secret_is_fine() -> None:
    assert secret_problem("sk-proj-abc_DEF") is None
    assert secret_problem('{"type": "service_account"}') is None


def test_a_key_file_of_a_cloud_becomes_one_line() -> None:
    assert one_line('{\n  "private_key": "-----\\nabc\\n",\n "n": 1\n}\n') == (
        '{"private_key":"-----\\nabc\\n","n":1}'
    )
    assert one_line("  sk-1\r\n") == "sk-1"
    assert one_line("{not json\n") == "{not json"

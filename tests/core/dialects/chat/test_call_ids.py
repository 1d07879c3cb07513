"""Ids of tool calls for picky hosts."""

import re

from hypothesis import given
from hypothesis import strategies as st

from weftline_core.dialects.chat.call_ids import as_it_is, nine_letters


@given(st.text(max_size=40))
def test_every_id_becomes_nine_letters_and_always_the_same(call_id: str) -> None:
    made = nine_letters(call_id)
    assert re.fullmatch(r"[a-zA-Z0-9]{9}", made)
    assert nine_letters(call_id) == made
    assert nine_letters(made) == made


def test_ids_stay_apart() -> None:
    assert len({nine_letters(f"call_{i}") for i in range(1000)}) == 1000


def test_most_hosts_take_any() -> None:
    assert as_it_is("functions.Bash:0") == "functions.Bash:0"

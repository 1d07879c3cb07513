"""Proofs of thoughts survive a client that gives back what it got."""

from hypothesis import given
from hypothesis import strategies as st

from weftline_core.chat.parts import Reasoning
from weftline_core.dialects.responses.seal import (
    call_signature,
    is_foreign,
    redacted_of,
    sealed,
    sealed_call,
    unsealed,
    with_id,
)

ORIGINS = st.sampled_from(["messages", "generate", "converse"])


@given(ORIGINS, st.text(min_size=1))
def test_a_signature_comes_back_to_its_origin(origin: str, signature: str) -> None:
    item_id, content = sealed(origin, signature, None)
    assert item_id is None
    assert is_foreign(content)
    assert unsealed("rs_1", "hm", content) == [
        Reasoning(text="hm", signature=signature, origin=origin)
    ]


@given(ORIGINS, st.text(min_size=1))
def test_hidden_thoughts_come_back_to_their_origin(origin: str, redacted: str) -> None:
    _, content = sealed(origin, None, redacted)
    assert unsealed(None, "", content) == [Reasoning(text="", redacted=redacted, origin=origin)]


def test_own_thoughts_stay_with_their_item() -> None:
    redacted = redacted_of("rs_1", "gAAA=")
    assert with_id(redacted) == ("rs_1", "gAAA=")
    assert sealed("responses", None, redacted) == ("rs_1", "gAAA=")
    assert not is_foreign("gAAA=")
    assert unsealed("rs_1", "hm", "gAAA=") == [
        Reasoning(text="hm", origin="responses"),
        Reasoning(text="", redacted=redacted, origin="responses"),
    ]
    assert with_id(redacted_of(None, "gAAA=")) == (None, "gAAA=")


def test_an_invented_mark_proves_nothing() -> None:
    (found,) = unsealed(None, "", "weft.x")
    assert found.origin == ""
    assert not is_foreign(None)


def test_a_calls_signature_is_found_again() -> None:
    assert call_signature(sealed_call("SIG.1")) == "SIG.1"
    assert is_foreign(sealed_call("SIG"))
    assert call_signature("gAAA=") is None
    assert call_signature(None) is None

"""Keys, refs and the head."""

from weftline_control.layout import (
    HEAD_KEY,
    PREFIX,
    Head,
    decode_head,
    encode_head,
    key_of,
    ref_of,
    ref_problem,
)


def test_a_ref_becomes_a_key_and_back() -> None:
    assert key_of("Model/together/Llama-3:free") == "/desired/Model/together/Llama-3:free"
    assert ref_of(key_of("Model/together/Llama-3:free")) == "Model/together/Llama-3:free"


def test_the_head_lies_among_the_rest_and_is_no_ref() -> None:
    assert HEAD_KEY.startswith(PREFIX)
    assert ref_problem(ref_of(HEAD_KEY))


def test_a_head_survives_and_a_damaged_one_is_none() -> None:
    head = Head(serial=3, at_unix_ms=1)
    assert decode_head(encode_head(head)) == head
    for damaged in (b"", b"{", b'{"serial":"x"}', b"\xff"):
        assert decode_head(damaged) is None


def test_refs() -> None:
    assert ref_problem("Endpoint/iad") is None
    for bad in ("", "Endpoint", "Endpoint/", "/iad", "Nonsense/iad", "endpoint/iad"):
        assert "Kind/name" in (ref_problem(bad) or "")
    assert ref_problem("Model/together/Llama-3:free") is None
    for bad in ("Endpoint/x\x1b[31m\n", "Endpoint/a/b", "Model/a b", "Pop/" + "x" * 64):
        assert "is not a valid" in (ref_problem(bad) or "")
        assert "\x1b" not in (ref_problem(bad) or "")

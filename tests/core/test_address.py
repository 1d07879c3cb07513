"""Addresses as people write them."""

import pytest

from weftline_core.address import Address, parse_address
from weftline_core.errors import OperatorError


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:7700", Address("127.0.0.1", 7700)),
        ("localhost:0", Address("localhost", 0)),
        ("[::1]:65535", Address("::1", 65535)),
    ],
)
def test_an_address_is_read_and_written_the_same(text: str, address: Address) -> None:
    assert parse_address(text, "--listen") == address
    assert str(address) == text


@pytest.mark.parametrize(
    "text",
    [
        *("", "8080", "host", ":8080", "[]:1", "h:", "h:x", "h:65536", "h:-1", "h:²", "h:٣"),
        *("h:" + "1" * 5_000, "http://h:80", "u@h:80", "h h:80", "h\n:80"),
    ],
)
def test_what_is_no_address_is_refused_with_what_one_looks_like(text: str) -> None:
    with pytest.raises(OperatorError, match=r"^--listen: expected host:port, as in 127\.0\.0\.1"):
        parse_address(text, "--listen")


@pytest.mark.parametrize(
    ("host", "local"),
    [("127.0.0.9", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("h", False)],
)
def test_what_only_this_machine_reaches(host: str, local: bool) -> None:
    assert Address(host, 1).is_local is local

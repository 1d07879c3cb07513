"""What a control plane is told at start."""

import pytest

from weftline_control.config import ControlConfig, Listen, parse_listen
from weftline_core.errors import OperatorError


@pytest.mark.parametrize(
    ("text", "listen"),
    [
        ("127.0.0.1:7700", Listen("127.0.0.1", 7700)),
        ("localhost:0", Listen("localhost", 0)),
        ("[::1]:7700", Listen("::1", 7700)),
    ],
)
def test_addresses(text: str, listen: Listen) -> None:
    assert parse_listen(text) == listen
    assert str(listen) == text


@pytest.mark.parametrize("text", ["", "127.0.0.1", ":7700", "h:", "h:x", "h:70000", "h:-1", "h:²"])
def test_what_is_no_address_is_told(text: str) -> None:
    with pytest.raises(OperatorError, match=r"as in 127\.0\.0\.1:7700"):
        parse_listen(text)


@pytest.mark.parametrize(
    ("host", "local"),
    [("127.0.0.9", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("h", False)],
)
def test_what_only_this_machine_reaches(host: str, local: bool) -> None:
    assert Listen(host, 1).is_local is local


def test_the_kind_of_a_store_hides_the_rest() -> None:
    config = ControlConfig(listen=Listen("h", 1), store="etcd://user@h:2379")
    assert config.store_kind == "etcd"

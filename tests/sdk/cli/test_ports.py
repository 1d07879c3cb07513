"""A port in use is told before a process fails on it."""

import socket

import pytest

from weftline.cli.errors import CliError
from weftline.cli.ports import bind_problem, check_free, has_address


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_a_port_in_use(kind: socket.SocketKind) -> None:
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", 0))
        if kind is socket.SOCK_STREAM:
            taken.listen()
        port = taken.getsockname()[1]
        assert bind_problem("127.0.0.1", port, kind) == "is in use"
        tcp, udp = ([port], []) if kind is socket.SOCK_STREAM else ([], [port])
        with pytest.raises(CliError, match=f"port {port} on 127.0.0.1 is in use") as refused:
            check_free("127.0.0.1", tcp, udp, "go elsewhere")
        assert refused.value.hint == "go elsewhere"
    check_free("127.0.0.1", tcp, udp, "go elsewhere")


def test_a_port_whose_last_connection_is_still_dying_is_free() -> None:
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", 0))
        server.listen()
        address = server.getsockname()
        with socket.create_connection(address), server.accept()[0] as accepted:
            accepted.shutdown(socket.SHUT_RDWR)
    assert bind_problem("127.0.0.1", address[1], socket.SOCK_STREAM) is None


def test_addresses_of_this_machine() -> None:
    assert has_address("127.0.0.1")
    assert not has_address("203.0.113.7"), "an address of nobody (RFC 5737)"
    problem = bind_problem("203.0.113.7", 0, socket.SOCK_STREAM)
    assert problem is not None
    assert problem.startswith("cannot be used: ")

"""Whether ports and addresses of this machine can be used, before a process tries and fails."""

import errno
import socket
from collections.abc import Iterable

from weftline.cli.errors import CliError


def check_free(host: str, tcp: Iterable[int], udp: Iterable[int], hint: str) -> None:
    """Refuse to go on if a port is in use.

    Raises:
        CliError: with the first such port, and `hint`.
    """
    kinds = [("TCP", socket.SOCK_STREAM, tcp), ("UDP", socket.SOCK_DGRAM, udp)]
    for word, kind, ports in kinds:
        for port in ports:
            if (problem := bind_problem(host, port, kind)) is not None:
                raise CliError(f"{word} port {port} on {host} {problem}", hint=hint)


def bind_problem(host: str, port: int, kind: socket.SocketKind) -> str | None:
    """Return why an address can't be listened on, as words that follow its name, or None."""
    with socket.socket(socket.AF_INET, kind) as probe:
        # As servers do: a port whose last connections are still dying is free.
        if kind is socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            if kind is socket.SOCK_STREAM:
                probe.listen(1)
        except OSError as e:
            if e.errno == errno.EADDRINUSE:
                return "is in use"
            return f"cannot be used: {e.strerror or e}"
    return None


def has_address(host: str) -> bool:
    """Return whether this machine can dial from `host`; macOS has only 127.0.0.1 by itself."""
    return bind_problem(host, 0, socket.SOCK_DGRAM) is None

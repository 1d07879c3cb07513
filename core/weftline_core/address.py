"""Where something listens: a host and a port, as people write it."""

from ipaddress import ip_address
from typing import NamedTuple

from weftline_core.errors import OperatorError

PORT_MAX = 65_535
PORT_DIGITS_MAX = 5

# Whoever writes one of these meant a URL.
_NOT_IN_HOSTS = frozenset("/@ ")


class Address(NamedTuple):
    """A host, as name or number, and a port; 0 is for the system to choose."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_local(self) -> bool:
        """Return whether only this machine can reach it."""
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False


def parse_address(text: str, what: str) -> Address:
    """Return `host:port` (IPv6 in brackets) as an address.

    Raises:
        OperatorError: it is not one; `what` names the option or place.
    """
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    good_host = host and host.isprintable() and not _NOT_IN_HOSTS & set(host)
    good_port = port.isascii() and port.isdigit() and len(port) <= PORT_DIGITS_MAX
    if not good_host or not good_port or int(port) > PORT_MAX:
        raise OperatorError(f"{what}: expected host:port, as in 127.0.0.1:8080, not {text[:80]!r}")
    return Address(host, int(port))

"""What a control plane is told at start, checked once."""

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from weftline_core.errors import OperatorError

PORT_MAX = 65_535

DEFAULT_LISTEN = "127.0.0.1:7700"
DEFAULT_STORE = "sqlite"
DEFAULT_DATA = Path("weft-data/control")


class Listen(NamedTuple):
    """Where to listen; a port of 0 is chosen by the system."""

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
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlConfig:
    """A whole control plane.

    store: memory, sqlite, or etcd://host:port[,host:port]. data_dir: where sqlite keeps its file.
    accept_rewind: an operator confirms that the store may hold an older state than nodes do.
    """

    listen: Listen
    store: str = DEFAULT_STORE
    data_dir: Path = DEFAULT_DATA
    accept_rewind: bool = False

    @property
    def store_kind(self) -> str:
        """Return the store's kind; the rest of its URL may hold a password."""
        return self.store.partition(":")[0]


def parse_listen(text: str) -> Listen:
    """Return `host:port` (IPv6 in brackets) as an address.

    Raises:
        OperatorError: it is not one.
    """
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isascii() or not port.isdigit() or int(port) > PORT_MAX:
        raise OperatorError(
            f"--listen: '{text[:80]}' is not an address: write host:port, as in {DEFAULT_LISTEN}"
        )
    return Listen(host, int(port))

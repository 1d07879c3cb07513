"""What a control plane is told at start, checked once."""

from dataclasses import dataclass
from pathlib import Path

from weftline_core.address import Address

DEFAULT_LISTEN = "127.0.0.1:7700"
DEFAULT_STORE = "sqlite"
DEFAULT_DATA = Path("weft-data/control")


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlConfig:
    """A whole control plane.

    store: memory, sqlite, or etcd://host:port[,host:port]. data_dir: where sqlite keeps its file.
    accept_rewind: an operator confirms that the store may hold an older state than nodes do.
    """

    listen: Address
    store: str = DEFAULT_STORE
    data_dir: Path = DEFAULT_DATA
    accept_rewind: bool = False

    @property
    def store_kind(self) -> str:
        """Return the store's kind; the rest of its URL may hold a password."""
        return self.store.partition(":")[0]

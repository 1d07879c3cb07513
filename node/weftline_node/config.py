"""What a node is told at start, and the one-file configuration of a node without a control plane.

`weft node --config weft.yaml` reads a `FileConfig`: where to listen, keys, models, endpoints. The
last three become a desired state like any other; the rest of the node cannot tell the difference.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from weftline_core.address import Address, parse_address
from weftline_core.desired import Desired, Endpoint, Key, Model, Resource, ref
from weftline_core.documents import convert, listed, read_documents
from weftline_core.errors import OperatorError
from weftline_core.geo import place
from weftline_core.ids import name_problem
from weftline_core.keys import digest
from weftline_node.cache import CacheSettings

DEFAULT_LISTEN = "127.0.0.1:8080"
DEFAULT_ADMIN = "127.0.0.1:9080"
DEFAULT_REGION = "ams"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSettings:
    """What one node is, for as long as it runs.

    pepper: the mesh's secret under which client keys are looked up. gossip, control: None for a
    node that stands alone. gossip_address: where other nodes reach its gossip, if not where it is
    bound. source_address: which local address its upstream connections come from. base_url: where
    clients reach it, if not where it listens. geoip: a MaxMind database, to guess where endpoints
    are that do not say.
    """

    id: str
    region: str
    listen: Address
    admin: Address | None
    pepper: bytes
    gossip: Address | None = None
    gossip_address: Address | None = None
    join: tuple[Address, ...] = ()
    control: Address | None = None
    data_dir: Path | None = None
    source_address: str | None = None
    base_url: str | None = None
    geoip: Path | None = None

    def __post_init__(self) -> None:
        if problem := name_problem(self.id):
            raise OperatorError(f"id: {problem}", param="id")
        place(self.region)

    @property
    def cache(self) -> CacheSettings:
        """Return how answers are kept: on disk too, where there is a place for data."""
        return CacheSettings(folder=self.data_dir / "answers" if self.data_dir else None)


class FileKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A client key in a file: `env:NAME`, or the key itself, which never leaves this process."""

    name: str
    key: str
    tenant: str = "default"


class FileConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole node in one file."""

    endpoints: tuple[Endpoint, ...]
    models: tuple[Model, ...]
    keys: tuple[FileKey, ...]
    id: str = "local"
    region: str = DEFAULT_REGION
    listen: str = DEFAULT_LISTEN
    admin: str = DEFAULT_ADMIN
    source_address: str | None = None
    geoip: str | None = None


def read_file_config(text: str, source: str) -> FileConfig:
    """Return the configuration of a `weft.yaml`.

    Raises:
        OperatorError: anything wrong with it, with file, line and path.
    """
    documents = read_documents(text, source)
    if len(documents) != 1:
        raise OperatorError(
            f"{source}: expected one document with listen, keys, models and endpoints, "
            f"found {len(documents)}"
        )
    config = convert(documents[0], FileConfig)
    for field in ("listen", "admin"):
        parse_address(getattr(config, field), f"{documents[0].where((field,))}: {field}")
    return config


def file_desired(
    config: FileConfig, *, pepper: bytes, environ: Mapping[str, str], revision: int, source: str
) -> Desired:
    """Return the desired state a file asks for.

    Raises:
        OperatorError: a key's variable is not set, or the resources do not fit together.
    """
    keys = [_key(k, pepper, environ, source) for k in config.keys]
    everything: tuple[Resource, ...] = (*config.models, *config.endpoints, *keys)
    resources: dict[str, Resource] = {}
    for resource in everything:
        if ref(resource) in resources:
            raise OperatorError(f"{source}: {ref(resource)} is given twice")
        resources[ref(resource)] = resource
    desired = Desired(revision=revision, resources=resources)
    if problems := desired.problems():
        raise OperatorError(listed([f"{source}: {p}" for p in problems]))
    return desired


def file_settings(config: FileConfig, *, pepper: bytes) -> NodeSettings:
    """Return the settings a file asks for."""
    return NodeSettings(
        id=config.id,
        region=config.region,
        listen=parse_address(config.listen, "listen"),
        admin=parse_address(config.admin, "admin"),
        pepper=pepper,
        source_address=config.source_address,
        geoip=None if config.geoip is None else Path(config.geoip),
    )


def _key(key: FileKey, pepper: bytes, environ: Mapping[str, str], source: str) -> Key:
    value = key.key
    if value.startswith("env:"):
        name = value[len("env:") :]
        if not (value := environ.get(name, "")):
            raise OperatorError(
                f"{source}: keys: '{key.name}' refers to the variable {name}, which is not set"
            )
    if not value:
        raise OperatorError(f"{source}: keys: '{key.name}' is empty")
    return Key(name=key.name, tenant=key.tenant, digest=digest(pepper, value))

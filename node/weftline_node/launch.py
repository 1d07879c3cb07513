"""What a node process is started with, as one JSON argument that holds no secret."""

import secrets
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from weftline.files import read_text
from weftline_core.address import Address, parse_address
from weftline_core.errors import OperatorError
from weftline_core.keys import PEPPER_BYTES
from weftline_node.config import (
    DEFAULT_ADMIN,
    DEFAULT_LISTEN,
    DEFAULT_REGION,
    NodeSettings,
    file_settings,
    read_file_config,
)

Preset: TypeAlias = Literal["local", "region", "global"]

PEPPER_BYTES_MIN = 16


class Launch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The options of `weft node`, as they were given; addresses are `host:port`.

    config: the file of a node that stands alone; all else but the data directory is then in it.
    """

    config: str | None = None
    id: str | None = None
    region: str = DEFAULT_REGION
    listen: str = DEFAULT_LISTEN
    admin: str = DEFAULT_ADMIN
    gossip: str | None = None
    gossip_address: str | None = None
    control: str | None = None
    data: str = "weft-node"
    base_url: str | None = None
    source_address: str | None = None
    join: tuple[str, ...] = ()
    pepper_file: str | None = None
    geoip: str | None = None
    preset: Preset = "region"


def settings_of(launch: Launch) -> NodeSettings:
    """Return what the node is.

    Raises:
        OperatorError: an option or the file is wrong, or something needed is missing.
    """
    if launch.config is not None:
        config = read_file_config(read_text(Path(launch.config)), launch.config)
        # Nothing outside this process needs to know the pepper of a node that stands alone.
        return file_settings(config, pepper=secrets.token_bytes(PEPPER_BYTES))
    if launch.id is None or launch.control is None or launch.pepper_file is None:
        raise OperatorError("give --config FILE, or --id, --control and --pepper-file")
    return NodeSettings(
        id=launch.id,
        region=launch.region,
        listen=parse_address(launch.listen, "--listen"),
        admin=_optional(launch.admin, "--admin"),
        pepper=_pepper(Path(launch.pepper_file)),
        gossip=_optional(launch.gossip, "--gossip"),
        gossip_address=_optional(launch.gossip_address, "--gossip-address"),
        join=tuple(parse_address(one, "--join") for one in launch.join),
        control=parse_address(launch.control, "--control"),
        data_dir=Path(launch.data),
        base_url=launch.base_url,
        source_address=launch.source_address,
        geoip=None if launch.geoip is None else Path(launch.geoip),
    )


def _optional(text: str | None, option: str) -> Address | None:
    return parse_address(text, option) if text else None


def _pepper(path: Path) -> bytes:
    try:
        pepper = path.read_bytes().strip()
    except OSError as e:
        raise OperatorError(f"--pepper-file: cannot read {path}: {e.strerror}") from e
    if len(pepper) < PEPPER_BYTES_MIN:
        raise OperatorError(f"--pepper-file: {path} holds fewer than {PEPPER_BYTES_MIN} bytes")
    return pepper

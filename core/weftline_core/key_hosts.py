"""To which hosts a provider's key may be shown.

Whoever may write an endpoint says where requests go; without a limit, the keys would go there too.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import urlsplit

from weftline_core.ids import shown

# As many as the largest cloud has regions, and room.
HOSTS_MAX: Final = 64

# What DNS can hold.
HOST_CHARS_MAX: Final = 253

_ANY_BELOW: Final = "*."
_NAME = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?")
_IPV6 = re.compile(r"[0-9a-f:.]*:[0-9a-f:.]*")


def host_problem(host: str) -> str | None:
    """Return what is wrong with one of a credential's `hosts`, or None.

    host: a name or an IP address in lower case, without a port; or `*.` and what the name ends with
    after any first labels.
    """
    name = host.removeprefix(_ANY_BELOW)
    plain = _NAME.fullmatch(name) and ".." not in name
    # Of an address the last part says nothing of whose it is.
    counted = name != host and name.rpartition(".")[2].isdecimal()
    fits = len(host) <= HOST_CHARS_MAX and (plain or (name == host and _IPV6.fullmatch(host)))
    if fits and not counted:
        return None
    return (
        f"hosts: '{shown(host[:HOST_CHARS_MAX])}' is no host: write a name in lower case without a "
        "port, as in api.example.com, or *.example.com for all below it"
    )


def host_of(base_url: str) -> str:
    """Return the host of an endpoint's base URL, in lower case."""
    return urlsplit(base_url).hostname or ""


def is_among(host: str, hosts: Iterable[str]) -> bool:
    """Return whether a host is one of a credential's `hosts`."""
    return any(host == one or _is_below(host, one) for one in hosts)


def _is_below(host: str, pattern: str) -> bool:
    # As long as the pattern at least, so that a label stands for its asterisk.
    below = pattern.startswith(_ANY_BELOW) and len(host) >= len(pattern)
    return below and host.endswith(pattern[1:])


def public_hosts(base_url: str | None, regions: Mapping[str, str]) -> frozenset[str]:
    """Return the hosts of a provider's public service; none where everybody has an address of
    their own.
    """
    return frozenset(host_of(url) for url in (base_url, *regions.values()) if url is not None)

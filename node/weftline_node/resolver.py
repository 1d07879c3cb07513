"""IP addresses of named hosts, for ports that send without waiting.

A look-up runs beside the loop. Until it is done there is no address, and the datagram is lost as
datagrams may be: whoever sends to names repeats itself.
"""

import asyncio
import ipaddress
import socket
from dataclasses import dataclass

from weftline.aio import Tasks
from weftline_node.ports import Address

# An address is used for so long before its name is looked up again; the old one serves meanwhile.
KEEP_S = 30.0

# Hosts remembered. Beyond it all are forgotten, which costs some look-ups and bounds the memory.
HOSTS_MAX = 1_024

# Look-ups at one time; they share a pool of threads with whatever else may block.
LOOK_UPS_MAX = 8


@dataclass(frozen=True, slots=True)
class _Known:
    ip: str
    until_s: float


class Resolver:
    """Looks up hosts of one address family, `socket.AF_INET` or `socket.AF_INET6`."""

    def __init__(self, family: int) -> None:
        self._family = family
        self._known: dict[str, _Known] = {}
        self._asked: dict[str, asyncio.Task[None]] = {}
        self._tasks = Tasks(_report)

    def find(self, to: Address) -> Address | None:
        """Return `to` with an IP address for a host, or None while that is not known."""
        known = self._known.get(to.host)
        if known is None and _is_ip(to.host):
            known = self._keep(to.host, to.host, float("inf"))
        if known is None or asyncio.get_running_loop().time() >= known.until_s:
            self._ask(to.host)
        return None if known is None else Address(known.ip, to.port)

    def close(self) -> None:
        """Give up look-ups under way."""
        for task in self._asked.values():
            task.cancel()

    def _ask(self, host: str) -> None:
        if host not in self._asked and len(self._asked) < LOOK_UPS_MAX:
            self._asked[host] = self._tasks.spawn(self._look_up(host), f"look up {host}")

    async def _look_up(self, host: str) -> None:
        loop = asyncio.get_running_loop()
        try:
            answers = await loop.getaddrinfo(host, 0, family=self._family, type=socket.SOCK_DGRAM)
            self._keep(host, str(answers[0][4][0]), loop.time() + KEEP_S)
        except (OSError, UnicodeError):
            # No such name, or not yet: containers of one group start together.
            return
        finally:
            del self._asked[host]

    def _keep(self, host: str, ip: str, until_s: float) -> _Known:
        if len(self._known) >= HOSTS_MAX:
            self._known.clear()
        known = self._known[host] = _Known(ip, until_s)
        return known


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _report(name: str, failure: BaseException) -> None:
    context = {"message": f"{name}: failed", "exception": failure}
    asyncio.get_running_loop().call_exception_handler(context)

"""The checks of `weft doctor` that concern this machine. Each returns one finding, with a next step
when there is something to do.
"""

import errno
import importlib
import os
import platform
import resource
import socket
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from weftline.cli.local_mesh import HOST, plan_mesh
from weftline.cli.ports import bind_problem
from weftline.cli.providers import with_key
from weftline.cli.version import LIBRARIES
from weftline.plugins import installed_providers
from weftline.versions import library_version
from weftline_core.hosts import Provider

PYTHON_MIN = (3, 11)

# What each library's compiled part is called. Without it, it is slow by tens of times or not there.
COMPILED = {
    "uvloop": "uvloop.loop",
    "httptools": "httptools.parser.parser",
    "orjson": "orjson.orjson",
    "msgspec": "msgspec._core",
    "grpcio": "grpc._cython.cygrpc",
    "protobuf": "google._upb._message",
}

# One stream through a PoP holds two sockets. Below the first number not even `weft up` is safe;
# the second is 2,000 streams at once.
OPEN_FILES_MIN = 256
OPEN_FILES_GOOD = 4096

# A burst of clients that finds a full accept queue waits a second for its second SYN.
SOMAXCONN_GOOD = 1024

DATAGRAM_WAIT_S = 1.0

SYSCTLS = Path("/proc/sys/net")


class State(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found, and what to do about it."""

    check: str
    state: State
    words: str
    next_step: str = ""


def python_version() -> Finding:
    """Check the interpreter's version."""
    words = f"{platform.python_implementation()} {platform.python_version()}"
    if sys.version_info[:2] >= PYTHON_MIN:
        return Finding("python", State.OK, words)
    return Finding("python", State.FAILED, words, "install Python 3.11 or newer")


def libraries() -> Finding:
    """Check that what weftline stands on is installed."""
    found = {name: library_version(name) for name in LIBRARIES}
    words = ", ".join(f"{name} {version or 'missing'}" for name, version in found.items())
    if all(found.values()):
        return Finding("libraries", State.OK, words)
    return Finding("libraries", State.FAILED, words, "pip install --force-reinstall weftline")


def compiled_parts(parts: Mapping[str, str] | None = None) -> Finding:
    """Check that the libraries' compiled parts can be loaded here."""
    broken: list[str] = []
    for library, module in (COMPILED if parts is None else parts).items():
        try:
            importlib.import_module(module)
        except ImportError:
            broken.append(library)
    if not broken:
        return Finding("compiled parts", State.OK, "all load")
    return Finding(
        "compiled parts",
        State.FAILED,
        f"not there: {', '.join(broken)}",
        f"pip install --force-reinstall --no-cache-dir {' '.join(broken)}",
    )


def open_files(soft: int | None = None) -> Finding:
    """Check how many files and sockets a process may hold open."""
    if soft is None:
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= OPEN_FILES_GOOD or soft == resource.RLIM_INFINITY:
        return Finding("open files", State.OK, f"{soft} at most")
    return Finding(
        "open files",
        State.FAILED if soft < OPEN_FILES_MIN else State.WARNING,
        f"{soft} at most, which is {max(0, soft // 2 - 50)} streams at once",
        "ulimit -n 65536, or LimitNOFILE= in the systemd unit",
    )


def ports_free(*, mesh_runs: bool) -> Finding:
    """Check that `weft up` could listen where it wants to."""
    mesh = plan_mesh()
    if mesh_runs:
        return Finding("ports", State.OK, "in use by the mesh that runs")
    kinds = ((socket.SOCK_STREAM, mesh.tcp_ports()), (socket.SOCK_DGRAM, mesh.udp_ports()))
    taken = [str(port) for kind, ports in kinds for port in ports if bind_problem(HOST, port, kind)]
    if not taken:
        return Finding("ports", State.OK, f"free for `weft up` on {HOST}")
    return Finding(
        "ports",
        State.FAILED,
        f"in use on {HOST}: {', '.join(taken)}",
        "stop what uses them, or start with weft up --base-port 8090",
    )


def datagrams() -> Finding:
    """Check that a UDP packet reaches this machine's own loopback, as gossip needs."""
    step = "allow UDP on the loopback interface; a firewall or a container's policy stops it"
    try:
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
        ):
            receiver.bind((HOST, 0))
            receiver.settimeout(DATAGRAM_WAIT_S)
            sender.sendto(b"weft", receiver.getsockname())
            receiver.recv(16)
    except OSError as e:
        why = "no answer" if isinstance(e, TimeoutError) else errno.errorcode.get(e.errno or 0, "")
        return Finding("gossip", State.FAILED, f"UDP on {HOST} does not work: {why}", step)
    return Finding("gossip", State.OK, f"UDP on {HOST} works")


def slow_start(root: Path = SYSCTLS) -> Finding:
    """Check that a warm connection stays fast when it was idle."""
    return _sysctl(
        root / "ipv4/tcp_slow_start_after_idle",
        lambda value: value == 0,
        "a long prompt on an idle connection loses up to 0.5 s over an ocean",
        "sysctl -w net.ipv4.tcp_slow_start_after_idle=0",
    )


def accept_queue(root: Path = SYSCTLS) -> Finding:
    """Check that a burst of clients is not turned away."""
    return _sysctl(
        root / "core/somaxconn",
        lambda value: value >= SOMAXCONN_GOOD,
        "a burst of new clients waits a second",
        f"sysctl -w net.core.somaxconn={SOMAXCONN_GOOD * 4}",
    )


def provider_keys(
    environment: Mapping[str, str], providers: Iterable[Provider] | None = None
) -> Finding:
    """Tell which providers' keys are in the environment, by name only."""
    known = list(installed_providers().values() if providers is None else providers)
    found = [f"{p.name} ({p.key_env})" for p in with_key(known, environment)]
    if found:
        return Finding("provider keys", State.OK, f"found for {', '.join(found)}")
    names = ", ".join(sorted(p.key_env for p in known if p.key_env))
    return Finding("provider keys", State.OK, f"none of {names} is set; the demo needs none")


def _sysctl(path: Path, good: Callable[[int], bool], harm: str, step: str) -> Finding:
    name = path.name
    try:
        value = int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return Finding(name, State.OK, "not a setting of this system")
    if good(value):
        return Finding(name, State.OK, str(value))
    return Finding(name, State.WARNING, f"{value}: {harm}", step)


def this_machine(*, mesh_runs: bool) -> list[Finding]:
    """Return every finding that needs no other process."""
    return [
        python_version(),
        libraries(),
        compiled_parts(),
        open_files(),
        ports_free(mesh_runs=mesh_runs),
        datagrams(),
        slow_start(),
        accept_queue(),
        provider_keys(os.environ),
    ]

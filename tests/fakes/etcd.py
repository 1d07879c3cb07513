"""A real etcd, of one or more members, on free ports of loopback."""

import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

BINARY = Path(sys.executable).parent / "etcd"

# etcd's defaults are 100 and 1,000 ms, so that a restarted member takes up to 2 s to elect itself;
# members that share two cores with other tests get more than one that is alone.
ALONE = ("--heartbeat-interval", "10", "--election-timeout", "100")
TOGETHER = ("--heartbeat-interval", "50", "--election-timeout", "500")

# It listens after 0.06 s here; the rest is for a busy machine.
START_WAIT_S = 20.0
STOP_WAIT_S = 5.0


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for s in sockets:
            s.bind(("127.0.0.1", 0))
        return [s.getsockname()[1] for s in sockets]
    finally:
        for s in sockets:
            s.close()


@dataclass
class Member:
    """One etcd process; it can be killed, and started again on the same ports and data."""

    name: str
    data: Path
    client_port: int
    peer_port: int
    cluster: str
    flags: tuple[str, ...] = ()
    scheme: str = "http"
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def endpoint(self) -> str:
        return f"127.0.0.1:{self.client_port}"

    def spawn(self) -> None:
        """Start without waiting."""
        assert self.process is None, "already running"
        client, peer = f"{self.scheme}://{self.endpoint}", f"http://127.0.0.1:{self.peer_port}"
        self.data.mkdir(parents=True, exist_ok=True)
        command = [
            str(BINARY), "--name", self.name, "--data-dir", str(self.data / "data"),
            "--listen-client-urls", client, "--advertise-client-urls", client,
            "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
            "--initial-cluster", self.cluster, "--log-level", "error", *self.flags,
        ]  # fmt: skip
        with (self.data / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)

    def wait(self) -> None:
        """Wait until it listens."""
        deadline = time.perf_counter() + START_WAIT_S
        while True:
            assert self.process is not None
            if self.process.poll() is not None or time.perf_counter() > deadline:
                raise RuntimeError(f"etcd did not start: {(self.data / 'log').read_text()[-2000:]}")
            try:
                socket.create_connection(("127.0.0.1", self.client_port), 1.0).close()
            except OSError:
                time.sleep(0.01)
            else:
                return

    def start(self) -> None:
        self.spawn()
        self.wait()

    def kill(self) -> None:
        """Kill -9."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(STOP_WAIT_S)
        self.process = None

    def pause(self) -> None:
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGCONT)

    def stop(self) -> None:
        """End it, whatever its state."""
        if self.process is not None:
            self.resume()
            self.kill()


@dataclass
class Etcd:
    """An etcd that answers once `start` returns."""

    members: list[Member]

    @classmethod
    def of(
        cls, folder: Path, members: int = 1, *, flags: tuple[str, ...] = (), scheme: str = "http"
    ) -> "Etcd":
        ports = free_ports(2 * members)
        flags = (*(ALONE if members == 1 else TOGETHER), *flags)
        peers = [f"m{i}=http://127.0.0.1:{ports[2 * i]}" for i in range(members)]
        return cls(
            [
                Member(
                    f"m{i}", folder / f"m{i}", ports[2 * i + 1], ports[2 * i], ",".join(peers),
                    flags, scheme,
                )
                for i in range(members)
            ]
        )  # fmt: skip

    @property
    def endpoints(self) -> tuple[str, ...]:
        return tuple(m.endpoint for m in self.members)

    @property
    def url(self) -> str:
        return "etcd://" + ",".join(self.endpoints)

    def start(self) -> "Etcd":
        for member in self.members:
            member.spawn()
        for member in self.members:
            member.wait()
        return self

    def stop(self) -> None:
        for member in self.members:
            member.stop()

    def ctl(self, *words: str) -> str:
        """Run etcdctl on the first member and return what it prints."""
        command = [str(BINARY.with_name("etcdctl")), "--endpoints", self.endpoints[0], *words]
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=20)
        return done.stdout

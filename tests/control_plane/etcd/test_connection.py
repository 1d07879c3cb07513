"""Members that are dead, hang, restart, or want to know who we are."""

import asyncio
import shutil
import subprocess
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.fakes.etcd import Etcd, Member, free_ports
from weftline_control.etcd.client import EtcdClient
from weftline_control.etcd.connection import CALLS_MAX, Target, Tls
from weftline_control.etcd.errors import (
    ConnectionFailedError,
    ConnectionTimeoutError,
    PermissionDeniedError,
)


@asynccontextmanager
async def client_of(target: Target) -> AsyncGenerator[EtcdClient, None]:
    client = EtcdClient(target)
    try:
        yield client
    finally:
        await client.close()


def test_a_target_is_whole() -> None:
    with pytest.raises(ValueError, match="at least one endpoint"):
        Target(())
    with pytest.raises(ValueError, match="go together"):
        Target(("a:1",), user="root")
    shown = repr(Target(("a:1",), Tls(b"ca", b"cert", b"the key"), "root", "the password"))
    assert "the key" not in shown
    assert "the password" not in shown


async def test_nobody_there_fails_at_the_deadline() -> None:
    (port,) = free_ports(1)
    async with client_of(Target((f"127.0.0.1:{port}",), timeout_s=0.3)) as client:
        began = time.perf_counter()
        with pytest.raises(
            ConnectionTimeoutError, match=f"etcd at 127.0.0.1:{port} does not answer"
        ):
            await client.put("a", "b")
        assert 0.25 < time.perf_counter() - began < 1.5


async def test_the_member_that_lives_is_found(etcd: Etcd) -> None:
    (port,) = free_ports(1)
    async with client_of(Target((f"127.0.0.1:{port}", *etcd.endpoints))) as client:
        for _ in range(3):
            await client.put("/found", "")


async def test_many_calls_at_once_are_all_answered(etcd: Etcd) -> None:
    async with client_of(Target(etcd.endpoints, timeout_s=20)) as client:
        calls = [client.put(f"/many/{i % 7}", str(i)) for i in range(20 * CALLS_MAX)]
        assert len(await asyncio.gather(*calls)) == 20 * CALLS_MAX


async def test_after_closing_nothing_is_sent(etcd: Etcd) -> None:
    client = EtcdClient(Target(etcd.endpoints))
    await client.close()
    with pytest.raises(ConnectionFailedError, match="closed here"):
        await client.get("a")


async def test_a_restarted_member_is_used_again(own: Etcd) -> None:
    member = own.members[0]
    async with client_of(Target(own.endpoints, timeout_s=10)) as client:
        await client.put("/a", "1")
        member.kill()
        await asyncio.sleep(0.1)  # a put that is under way when the socket breaks fails: see Store
        waiting = asyncio.ensure_future(client.put("/a", "2"))
        await asyncio.sleep(0.3)
        assert not waiting.done()
        await asyncio.to_thread(member.start)
        await waiting
        assert (await client.get("/a"))[0] == b"2"


async def leader_of(server: Etcd) -> Member:
    for member in server.members:
        async with client_of(Target((member.endpoint,))) as client:
            status = await client.status()
            if status.leader == status.header.member_id:
                return member
    raise AssertionError("no member leads")


async def test_three_members_survive_one_and_not_two(tmp_path: Path) -> None:
    server = Etcd.of(tmp_path, members=3)
    try:
        server.start()
        async with client_of(Target(server.endpoints, timeout_s=10)) as client:
            await client.put("/a", "1")
            (await leader_of(server)).kill()
            reads = await client.get("/a")
            assert reads[0] == b"1"
            await client.put("/a", "2")
        async with client_of(Target(server.endpoints, timeout_s=1)) as client:
            hung = next(m for m in server.members if m.process)
            hung.pause()  # no quorum is left, and one of two connects but never answers
            began = time.perf_counter()
            for attempt in (client.put("/a", "3"), client.get("/a")):
                with pytest.raises(ConnectionFailedError):
                    await attempt
            assert time.perf_counter() - began < 4
            hung.resume()
        async with client_of(Target(server.endpoints, timeout_s=10)) as client:
            assert (await client.get("/a"))[0] in (b"2", b"3")
    finally:
        server.stop()


def enable_users(server: Etcd) -> None:
    server.ctl("user", "add", "root:secret")
    server.ctl("user", "grant-role", "root", "root")
    server.ctl("user", "add", "reader:secret")
    server.ctl("role", "add", "reads-a")
    server.ctl("role", "grant-permission", "reads-a", "read", "/a")
    server.ctl("user", "grant-role", "reader", "reads-a")
    server.ctl("auth", "enable")


async def test_a_token_is_renewed_when_it_is_forgotten(own: Etcd) -> None:
    enable_users(own)
    async with client_of(Target(own.endpoints, None, "root", "secret", 10)) as client:
        await client.put("/a", "1")
        own.members[0].kill()
        await asyncio.to_thread(own.members[0].start)
        # Many at once, none of which knows yet that its token is void.
        await asyncio.gather(*(client.put("/a", str(i)) for i in range(20)))
        events, cancel = await client.watch_prefix("/")
        own.members[0].kill()
        await asyncio.to_thread(own.members[0].start)
        # The watch finds out by itself, before any call of ours has renewed the token.
        await asyncio.to_thread(own.ctl, "--user", "root:secret", "put", "/a", "new")
        async with asyncio.timeout(15):
            assert (await anext(events)).value == b"new"
        cancel()
    async with client_of(Target(own.endpoints, None, "reader", "secret")) as client:
        assert (await client.get("/a"))[0] is not None
        for attempt in (client.get("/b"), client.put("/a", "2"), client.watch("/b")):
            with pytest.raises(PermissionDeniedError, match="permission denied"):
                await attempt
    for target in (Target(own.endpoints, None, "root", "wrong"), Target(own.endpoints)):
        async with client_of(target) as client:
            with pytest.raises(PermissionDeniedError, match=r"authentication failed|name is empty"):
                await client.get("/a")


async def test_tls_is_spoken_with_the_right_server_only(tmp_path: Path) -> None:
    server = Etcd.of(tmp_path / "one", flags=("--auto-tls",), scheme="https")
    other = Etcd.of(tmp_path / "two", flags=("--auto-tls",), scheme="https")
    certificate = "m0/data/fixtures/client/cert.pem"
    try:
        server.start()
        other.start()
        async with client_of(
            Target(server.endpoints, Tls((tmp_path / "one" / certificate).read_bytes()))
        ) as client:
            await client.put("/a", "1")
        stranger = Tls((tmp_path / "two" / certificate).read_bytes())
        for tls in (stranger, None):
            async with client_of(Target(server.endpoints, tls, timeout_s=0.5)) as client:
                with pytest.raises(ConnectionFailedError):
                    await client.get("/a")
    finally:
        server.stop()
        other.stop()


def make_certificates(folder: Path) -> None:
    """Make an authority, and one certificate for both sides, signed by it."""
    (folder / "names").write_text(
        "subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n"
    )
    sign = "x509 -req -in request -CA ca.pem -CAkey ca.key -CAcreateserial -out cert.pem -days 2"
    sign += " -extfile names"
    new_key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
    for command in (
        f"req -x509 {new_key} -keyout ca.key -out ca.pem -subj /CN=test-ca -days 2",
        f"req {new_key} -keyout key.pem -out request -subj /CN=weftline",
        sign,
    ):
        subprocess.run(
            ["openssl", *command.split()], cwd=folder, check=True, capture_output=True, timeout=20
        )


@pytest.mark.skipif(shutil.which("openssl") is None, reason="makes its certificates with openssl")
async def test_mutual_tls(tmp_path: Path) -> None:
    make_certificates(tmp_path)
    flags = (
        "--client-cert-auth", "--trusted-ca-file", str(tmp_path / "ca.pem"),
        "--cert-file", str(tmp_path / "cert.pem"), "--key-file", str(tmp_path / "key.pem"),
    )  # fmt: skip
    server = Etcd.of(tmp_path, flags=flags, scheme="https")
    ca, cert, key = ((tmp_path / f"{n}.pem").read_bytes() for n in ("ca", "cert", "key"))
    try:
        server.start()
        async with client_of(Target(server.endpoints, Tls(ca, cert, key))) as client:
            await client.put("/a", "1")
            assert (await client.get("/a"))[0] == b"1"
        async with client_of(Target(server.endpoints, Tls(ca), timeout_s=0.5)) as client:
            with pytest.raises(ConnectionFailedError):
                await client.get("/a")
    finally:
        server.stop()

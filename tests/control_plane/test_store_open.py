"""The words of --store."""

from pathlib import Path

import pytest

from tests.fakes.etcd import Etcd, free_ports
from weftline_control.store import StoreUnavailable
from weftline_control.store_etcd import ROOT
from weftline_control.store_open import open_store, parse_etcd
from weftline_control.store_sqlite import FILE_NAME
from weftline_core.errors import OperatorError


async def test_memory_and_sqlite(tmp_path: Path) -> None:
    memory = await open_store("memory", tmp_path / "unused")
    await memory.close()
    assert not (tmp_path / "unused").exists()
    sqlite = await open_store("sqlite", tmp_path)
    await sqlite.close()
    assert (tmp_path / FILE_NAME).exists()


async def test_an_etcd_that_answers(etcd: Etcd, tmp_path: Path) -> None:
    store = await open_store(f"{etcd.url}/some/where", tmp_path)
    await store.commit({"a": b"1"})
    await store.close()
    again = await open_store(f"{etcd.url}/some/where/", tmp_path)
    assert await again.get("a") is not None
    await again.close()


async def test_an_etcd_that_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (port,) = free_ports(1)
    with pytest.raises(StoreUnavailable) as caught:
        await open_store(f"etcd://127.0.0.1:{port}", tmp_path)
    assert str(caught.value) == (
        f"etcd at 127.0.0.1:{port} does not answer: start it or name another with --store"
    )


def test_several_hosts_a_port_by_default_and_a_root() -> None:
    target, root = parse_etcd("etcd://one,two:1234,[::1]:99,[::2]")
    assert target.endpoints == ("one:2379", "two:1234", "[::1]:99", "[::2]:2379")
    assert (target.tls, target.user, root) == (None, None, ROOT)
    assert parse_etcd("etcd://one/a%20b/c/")[1] == "/a b/c/"


def test_tls_and_a_user_come_from_files(tmp_path: Path) -> None:
    for name in ("ca", "cert", "key"):
        (tmp_path / name).write_text(f"the {name}")
    (tmp_path / "password").write_text("s3cret\n")
    files = "&".join(f"{n}={tmp_path / n}" for n in ("ca", "cert", "key"))
    target, _ = parse_etcd(f"etcds://me%40here@one?{files}&password_file={tmp_path / 'password'}")
    assert target.tls is not None
    assert (target.tls.ca, target.tls.cert, target.tls.key) == (b"the ca", b"the cert", b"the key")
    assert (target.user, target.password) == ("me@here", "s3cret")
    plain, _ = parse_etcd("etcds://one")
    assert plain.tls is not None
    assert plain.tls.ca is None


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("redis://one", "is none of: memory, sqlite, etcd://"),
        ("etcd", "is none of"),
        ("sqlite:file", "is none of"),
        ("etcd://", "is none of"),
        ("etcd://one,", "an empty host is not HOST:PORT"),
        ("etcd://one:port", "one:port is not HOST:PORT"),
        ("etcd://one:99999", "one:99999 is not HOST:PORT"),
        ("etcd://me@one", "a user@ and a"),
        ("etcd://one?ca=/dev/null", "ca=/dev/null is empty"),
        ("etcd://one?ca=/etc/hostname", "are for etcds"),
        ("etcds://one?ca=/no/such/file", "ca=/no/such/file: No such file"),
        ("etcds://one?cacert=/x", "cacert is none of ca, cert, key, password_file"),
        ("etcd://me:hunter2@one", "put the password in a file"),
        ("http://me:hunter2@one", "http://me@one is none of"),
    ],
)
async def test_what_is_wrong_is_said_without_secrets(url: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(OperatorError) as caught:
        await open_store(url, tmp_path)
    assert words in str(caught.value)
    assert "hunter2" not in str(caught.value)


async def test_a_wrong_password_is_said(tmp_path: Path) -> None:
    server = Etcd.of(tmp_path)
    (tmp_path / "password").write_text("wrong")
    try:
        server.start()
        server.ctl("user", "add", "root:secret")
        server.ctl("user", "grant-role", "root", "root")
        server.ctl("auth", "enable")
        url = f"etcd://root@{server.endpoints[0]}?password_file={tmp_path / 'password'}"
        with pytest.raises(StoreUnavailable, match=r"authentication failed.*see the user"):
            await open_store(url, tmp_path)
        (tmp_path / "password").write_text("secret")
        store = await open_store(url, tmp_path)
        await store.commit({"a": b"1"})
        await store.close()
    finally:
        server.stop()

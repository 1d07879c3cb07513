"""From the words of `--store` to a store that answers."""

from pathlib import Path
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from weftline_control.etcd.client import EtcdClient
from weftline_control.etcd.connection import Target, Tls
from weftline_control.etcd.errors import ConnectionFailedError, EtcdError
from weftline_control.store import Store, StoreUnavailable
from weftline_control.store_etcd import ROOT, EtcdStore
from weftline_control.store_memory import memory_store
from weftline_control.store_sqlite import open_sqlite
from weftline_core.errors import OperatorError

ETCD_PORT = 2379

FORMS = "memory, sqlite, etcd://HOST:PORT[,HOST:PORT...][/ROOT] or etcds://... for TLS"

# Files named in the query: what is secret must not stand in a command line, which others can read.
FILE_OPTIONS = ("ca", "cert", "key", "password_file")


async def open_store(url: str, data_dir: Path) -> Store:
    """Open the store that `url` names, and see that it answers.

    url: `memory`, `sqlite` (a file in `data_dir`), or `etcd://[user@]host:port[,host:port][/root]`;
        `etcds://` speaks TLS, with `?ca=FILE&cert=FILE&key=FILE` as needed. A user's password is
        the first line of `?password_file=FILE`.

    Raises:
        OperatorError: `url` is not of this form, or names a file that cannot be read.
        StoreUnavailable: the store does not answer; the message says what to do.
    """
    if url == "memory":
        return memory_store()
    if url == "sqlite":
        return await open_sqlite(data_dir)
    target, root = parse_etcd(url)
    client = EtcdClient(target)
    store = EtcdStore(client, root)
    try:
        await client.get(root)
    except ConnectionFailedError as error:
        await store.close()
        where = ",".join(target.endpoints)
        hint = ", or look at ca, cert and key" if target.tls else ""
        raise StoreUnavailable(
            f"etcd at {where} does not answer: start it or name another with --store{hint}"
        ) from error
    except EtcdError as error:
        await store.close()
        raise StoreUnavailable(f"{error}; see the user and its role") from error
    return store


def parse_etcd(url: str) -> tuple[Target, str]:
    """Return which etcd `url` means, and the root of our keys there.

    Raises:
        OperatorError: it is not of the form that `open_store` tells.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("etcd", "etcds") or not parts.netloc or parts.fragment:
        raise OperatorError(f"--store {_without_password(parts)} is none of: {FORMS}")
    files = _files(parts)
    user, _, hosts = parts.netloc.rpartition("@")
    if ":" in user:
        raise OperatorError("--store: put the password in a file and name it ?password_file=FILE")
    password = files.get("password_file")
    if bool(user) != (password is not None):
        raise OperatorError("--store: a user@ and a ?password_file=FILE go together")
    if parts.scheme == "etcd" and files.keys() & {"ca", "cert", "key"}:
        raise OperatorError("--store: ca, cert and key are for etcds://")
    target = Target(
        endpoints=tuple(_endpoint(host) for host in hosts.split(",")),
        tls=Tls(files.get("ca"), files.get("cert"), files.get("key"))
        if parts.scheme == "etcds"
        else None,
        user=unquote(user) or None,
        password=password.decode().splitlines()[0] if password else None,
    )
    root = unquote(parts.path).rstrip("/")
    return target, f"{root}/" if root else ROOT


def _endpoint(host: str) -> str:
    parts = urlsplit(f"//{host}")
    try:
        port = parts.port or ETCD_PORT
    except ValueError:
        port = 0
    if not parts.hostname or not port:
        raise OperatorError(f"--store: {host or 'an empty host'} is not HOST:PORT")
    name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{name}:{port}"


def _files(parts: SplitResult) -> dict[str, bytes]:
    contents: dict[str, bytes] = {}
    for option, names in parse_qs(parts.query, keep_blank_values=True).items():
        if option not in FILE_OPTIONS:
            raise OperatorError(f"--store: {option} is none of {', '.join(FILE_OPTIONS)}")
        try:
            contents[option] = Path(names[-1]).read_bytes()
        except OSError as error:
            raise OperatorError(f"--store: {option}={names[-1]}: {error.strerror}") from error
        if not contents[option].strip():
            raise OperatorError(f"--store: {option}={names[-1]} is empty")
    return contents


def _without_password(parts: SplitResult) -> str:
    user, at, hosts = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{user.partition(':')[0]}{at}{hosts}", query="").geturl()

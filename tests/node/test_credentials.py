"""Keys are opened where they can be, and what cannot is told without telling any."""

import base64
from pathlib import Path

import msgspec
import pytest

from weftline_core.catalog import Catalog
from weftline_core.desired import Credential, Desired, Endpoint, Model
from weftline_core.hosts import Host
from weftline_core.sealing import KEY_BYTES, Keyring, SealingKey
from weftline_node.credentials import NamedSecret, Opener, opened

OLD, NEW = bytes([1]) * KEY_BYTES, bytes([2]) * KEY_BYTES
TEXTS = {key: base64.b64encode(key).decode() for key in (OLD, NEW)}
SECRET = "sk-live-0123456789"
MODEL = Model(name="m")
ENDPOINT = Endpoint(name="e", base_url="https://h/v1", models={"m": "m"}, provider="openai")
ANYWHERE = Host(name="openai", speaks=())
PUBLIC = Host(
    name="openai",
    speaks=(),
    base_url="https://api.example.com/v1",
    regions={"eu": "https://eu.api.example.com/v1"},
)


def credential(
    name: str = "main", provider: str = "openai", *hosts: str, key: bytes = OLD
) -> Credential:
    ring = Keyring([SealingKey(key)])
    sealed = ring.seal(SECRET, name=name, provider=provider, hosts=hosts, nonce=bytes(12))
    return Credential(name=name, provider=provider, sealed=sealed, hosts=hosts)


def found(
    endpoint: Endpoint, *credentials: Credential, **environ: str
) -> tuple[NamedSecret, ...] | str:
    """Return its keys, or what is wrong, at a provider without a public service."""
    return found_at(ANYWHERE, endpoint, *credentials, **environ)


def found_at(
    provider: Host, endpoint: Endpoint, *credentials: Credential, **environ: str
) -> tuple[NamedSecret, ...] | str:
    """Return its keys, or what is wrong if it should have some and has none."""
    catalog = Catalog.of(Desired.EMPTY.changed([MODEL, endpoint, *credentials], (), 1))
    secrets, problems = opened(endpoint, provider, catalog, Opener.of(environ))
    return secrets if secrets or not problems else "; ".join(problems)


def using(*names: str) -> Endpoint:
    return msgspec.structs.replace(ENDPOINT, credentials=names)


def test_an_endpoint_without_keys_needs_none() -> None:
    assert found(ENDPOINT) == ()


def test_its_own_secret_comes_from_the_environment() -> None:
    endpoint = msgspec.structs.replace(ENDPOINT, secret="env:A_KEY")
    assert found(endpoint, A_KEY="sk-1\n") == (NamedSecret("secret", "sk-1"),)
    assert found(endpoint) == "the environment variable A_KEY is not set on this node"
    assert found(endpoint, A_KEY=" ") == "the environment variable A_KEY is not set on this node"


@pytest.mark.parametrize("value", ["sk-1\r\nx: y", "schl\u00fcssel"])
def test_a_secret_that_would_write_headers_of_its_own_is_refused(value: str) -> None:
    endpoint = msgspec.structs.replace(ENDPOINT, secret="env:A_KEY")
    problem = found(endpoint, A_KEY=value)
    assert problem == "the environment variable A_KEY holds characters that no header may carry"


def test_credentials_take_the_place_of_the_secret() -> None:
    endpoint = msgspec.structs.replace(using("main"), secret="env:A_KEY")
    secrets = found(endpoint, credential(), WEFT_SEALING_KEY=TEXTS[OLD])
    assert secrets == (NamedSecret("main", SECRET),)


def test_a_credential_brings_its_alias_and_limits() -> None:
    one = Credential(
        name="vip",
        provider="openai",
        env="A_KEY",
        alias="team-1",
        requests_per_minute=5,
        tokens_per_minute=6,
    )
    secrets = found(using("vip"), one, A_KEY="sk-1")
    assert secrets == (NamedSecret("vip", "sk-1", "team-1", 5, 6),)
    assert not isinstance(secrets, str)
    key = secrets[0].ring_key()
    assert (key.name, key.alias) == ("vip", "team-1")
    assert (key.requests_per_minute, key.tokens_per_minute) == (5, 6)


def test_the_mark_changes_with_the_secret_and_does_not_tell_it() -> None:
    a, b = (NamedSecret("n", value).ring_key() for value in ("sk-aaaa", "sk-bbbb"))
    assert a.mark != b.mark
    assert a == NamedSecret("n", "sk-aaaa").ring_key()
    assert "sk-aaaa" not in repr(a)
    assert SECRET not in repr(NamedSecret("n", SECRET))


def test_keys_from_a_file_and_from_the_environment_all_open(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text(f"{TEXTS[NEW]}\n{TEXTS[OLD]}\n")
    both = (credential("a", key=OLD), credential("b", key=NEW))
    secrets = found(using("a", "b"), *both, WEFT_SEALING_KEYS_FILE=str(file))
    assert not isinstance(secrets, str)
    assert [secret.name for secret in secrets] == ["a", "b"]
    file.write_text(TEXTS[NEW])
    secrets = found(
        using("a", "b"), *both, WEFT_SEALING_KEYS_FILE=str(file), WEFT_SEALING_KEY=TEXTS[OLD]
    )
    assert not isinstance(secrets, str)
    assert len(secrets) == 2


def test_a_node_without_a_sealing_key_says_so_for_sealed_credentials_only() -> None:
    problem = found(using("main"), credential())
    assert isinstance(problem, str)
    assert problem.startswith("Credential/main: no sealing key: set WEFT_SEALING")
    open_one = Credential(name="open", provider="openai", env="A_KEY")
    assert found(using("open"), open_one, A_KEY="sk-1") == (NamedSecret("open", "sk-1"),)


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"WEFT_SEALING_KEY": "not base64!"}, "WEFT_SEALING_KEY: line 1 is no base64"),
        ({"WEFT_SEALING_KEY": "AAAA"}, "WEFT_SEALING_KEY: line 1: a sealing key is 32 bytes"),
        ({"WEFT_SEALING_KEYS_FILE": "/no/such/file"}, "cannot read /no/such/file"),
        ({"WEFT_SEALING_KEY": TEXTS[NEW]}, "it is sealed with the key"),
    ],
)
def test_a_sealing_key_that_does_not_fit_is_told(environ: dict[str, str], said: str) -> None:
    problem = found(using("main"), credential(), **environ)
    assert isinstance(problem, str)
    assert said in problem
    assert SECRET not in problem
    assert "not base64!" not in problem


def test_a_key_never_goes_to_another_provider() -> None:
    problem = found(using("main"), credential(provider="groq"), WEFT_SEALING_KEY=TEXTS[OLD])
    assert problem == "Credential/main: it is for groq, and the endpoint's provider is openai"


def test_a_sealed_key_cannot_be_given_another_name() -> None:
    moved = msgspec.structs.replace(credential("main"), name="other")
    problem = found(using("other"), moved, WEFT_SEALING_KEY=TEXTS[OLD])
    assert "another name or provider" in str(problem)


def at(base_url: str) -> Endpoint:
    return msgspec.structs.replace(using("main"), base_url=base_url)


@pytest.mark.parametrize(
    "url", ["https://api.example.com/v1", "https://EU.api.example.com:444/other"]
)
def test_a_key_is_shown_at_its_providers_public_service(url: str) -> None:
    secrets = found_at(PUBLIC, at(url), credential(), WEFT_SEALING_KEY=TEXTS[OLD])
    assert secrets == (NamedSecret("main", SECRET),)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/v1",
        "https://x.api.example.com/v1",
        "https://api.example.com.evil.test/v1",
        "https://api.example.com./v1",
        "https://10.0.0.1/api.example.com",
    ],
)
@pytest.mark.parametrize("sealed", [True, False])
def test_and_at_no_other_host_unless_its_credential_says_so(url: str, sealed: bool) -> None:
    one = credential() if sealed else Credential(name="main", provider="openai", env="A_KEY")
    environ = {"WEFT_SEALING_KEY": TEXTS[OLD], "A_KEY": SECRET}
    problem = found_at(PUBLIC, at(url), one, **environ)
    assert problem == (
        "Credential/main: the host of the endpoint's base_url is not of openai's public service: "
        "to show the key there, name that host in the credential's hosts"
    )


@pytest.mark.parametrize("provider", [PUBLIC, ANYWHERE])
def test_hosts_of_a_credential_take_the_place_of_the_public_ones(provider: Host) -> None:
    one = credential("main", "openai", "h", "*.mine.test")
    for url in ("https://h/v1", "https://a.b.mine.test/v1"):
        secrets = found_at(provider, at(url), one, WEFT_SEALING_KEY=TEXTS[OLD])
        assert secrets == (NamedSecret("main", SECRET),)
    for url in ("https://mine.test/v1", "https://api.example.com/v1"):
        problem = found_at(provider, at(url), one, WEFT_SEALING_KEY=TEXTS[OLD])
        assert problem == (
            "Credential/main: the host of the endpoint's base_url is none of the hosts that it is "
            "for"
        )


@pytest.mark.parametrize(
    ("sealed_for", "written"), [((), ("h",)), (("other",), ("h",)), (("h",), ("h", "*.h"))]
)
def test_hosts_that_somebody_changed_open_nothing(
    sealed_for: tuple[str, ...], written: tuple[str, ...]
) -> None:
    changed = msgspec.structs.replace(credential("main", "openai", *sealed_for), hosts=written)
    problem = found(at("https://h/v1"), changed, WEFT_SEALING_KEY=TEXTS[OLD])
    assert "with other hosts" in str(problem)


def test_hosts_cannot_be_taken_away_from_a_sealed_key() -> None:
    stripped = msgspec.structs.replace(credential("main", "openai", "other"), hosts=())
    problem = found(at("https://h/v1"), stripped, WEFT_SEALING_KEY=TEXTS[OLD])
    assert "with other hosts" in str(problem)


def test_an_endpoints_own_secret_goes_where_the_endpoint_is() -> None:
    endpoint = msgspec.structs.replace(ENDPOINT, secret="env:A_KEY")
    secrets = found_at(PUBLIC, endpoint, A_KEY="sk-1")
    assert secrets == (NamedSecret("secret", "sk-1"),)


def test_one_bad_key_does_not_stop_the_others() -> None:
    good = Credential(name="good", provider="openai", env="A_KEY")
    endpoint = using("gone", "good")
    catalog = Catalog.of(Desired.EMPTY.changed([MODEL, endpoint, good], (), 1))
    opener = Opener.of({"A_KEY": "sk-1"})
    assert opened(endpoint, ANYWHERE, catalog, opener) == (
        (NamedSecret("good", "sk-1"),),
        ("Credential/gone: no such resource",),
    )


@pytest.mark.parametrize("name", ["WEFT_SEALING_KEY", "weft_sealing_key", "WEFT_ANYTHING"])
def test_the_meshs_own_variables_are_shown_to_nobody(name: str) -> None:
    environ = {name: TEXTS[OLD]}
    own = msgspec.structs.replace(ENDPOINT, secret=f"env:{name}")
    named = Credential(name="main", provider="openai", env=name)
    for problem in (found(own, **environ), found(using("main"), named, **environ)):
        assert isinstance(problem, str)
        assert "shown to no endpoint" in problem
        assert TEXTS[OLD] not in problem

"""Secrets are sealed on this machine, and never come from or go to where others look."""

import io
from pathlib import Path

import pytest

from tests.fakes.operator import CannedOperator
from tests.sdk.cli.conftest import Weft
from weftline.cli.errors import ExitCode
from weftline_core.desired import Credential
from weftline_core.documents import read_resources
from weftline_core.errors import OperatorError
from weftline_core.sealing import Keyring, read_keys

SECRET = "sk-live-0123456789"


@pytest.fixture
def key(weft: Weft, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.delenv("WEFT_SEALING_KEYS_FILE", raising=False)
    text = weft("credential", "new-key").out.strip()
    monkeypatch.setenv("WEFT_SEALING_KEY", text)
    return text


def opened(text: str, key: str) -> tuple[Credential, str]:
    [resource] = read_resources(text, "here")
    assert isinstance(resource, Credential)
    ring = Keyring(read_keys(key))
    secret = ring.open(
        resource.sealed or "",
        name=resource.name,
        provider=resource.provider,
        hosts=resource.hosts,
    )
    return resource, secret


def test_a_new_key_is_one_line_and_its_use_is_told_beside_it(weft: Weft) -> None:
    ended = weft("credential", "new-key")
    assert len(ended.out.splitlines()) == 1
    [made] = read_keys(ended.out)
    assert f"key id {made.id}" in ended.err
    assert ended.out.strip() not in ended.err
    assert weft("credential", "new-key").out != ended.out


def test_a_secret_from_the_environment(
    weft: Weft, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THE_SECRET", SECRET)
    ended = weft("credential", "seal", "main", "--provider", "openai", "--from-env", "THE_SECRET")
    assert ended.code == ExitCode.OK
    assert SECRET not in ended.out
    resource, secret = opened(ended.out, key)
    assert secret == SECRET
    assert (resource.name, resource.provider, resource.alias) == ("main", "openai", "default")
    assert resource.requests_per_minute is None


def test_a_secret_from_standard_input_can_be_applied(
    weft: Weft,
    key: str,
    monkeypatch: pytest.MonkeyPatch,
    operator: CannedOperator,
    control: str,
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{SECRET}\n"))
    limits = ("--alias", "team-1", "--rpm", "60", "--tpm", "1000")
    text = weft("credential", "seal", "vip", "--provider", "groq", *limits).out
    resource, secret = opened(text, key)
    assert secret == SECRET
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    assert weft("apply", "-f", "-", "--control", control).code == ExitCode.OK
    assert operator.desired.resources["Credential/vip"] == resource
    assert (resource.alias, resource.requests_per_minute, resource.tokens_per_minute) == (
        "team-1",
        60,
        1000,
    )


def test_the_hosts_of_a_secret_are_sealed_with_it(
    weft: Weft, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(SECRET))
    hosts = ("--host", "Mine.openai.azure.com", "--host", "*.example.com")
    resource, secret = opened(
        weft("credential", "seal", "a", "--provider", "azure", *hosts).out, key
    )
    assert secret == SECRET
    assert resource.hosts == ("mine.openai.azure.com", "*.example.com")
    assert resource.sealed is not None
    with pytest.raises(OperatorError):
        Keyring(read_keys(key)).open(resource.sealed, name="a", provider="azure")


def test_a_clouds_key_file_becomes_one_line(
    weft: Weft, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO('{\n  "private_key": "a\\nb"\n}\n'))
    _, secret = opened(weft("credential", "seal", "gcp", "--provider", "vertex").out, key)
    assert secret == '{"private_key":"a\\nb"}'


def test_the_newest_key_of_the_file_seals(
    weft: Weft, key: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    newest = weft("credential", "new-key").out
    (tmp_path / "keys").write_text(f"{newest}{key}\n")
    monkeypatch.setenv("WEFT_SEALING_KEYS_FILE", str(tmp_path / "keys"))
    monkeypatch.setattr("sys.stdin", io.StringIO(SECRET))
    _, secret = opened(weft("credential", "seal", "a", "--provider", "openai").out, newest)
    assert secret == SECRET


@pytest.mark.parametrize(
    ("arguments", "stdin", "said"),
    [
        (("a", "--provider", "openai"), "", "the secret is empty"),
        (("a", "--provider", "openai"), "two\nlines", "no header may carry"),
        (("a", "--provider", "openai"), "x" * 20_000, "is longer than"),
        (("A B", "--provider", "openai"), SECRET, "not a valid name"),
        (("a", "--provider", "openai", "--rpm", "0"), SECRET, "requests_per_minute must be"),
        (("a", "--provider", "openai", "--host", "h:1"), SECRET, "'h:1' is no host"),
        (("a", "--provider", "openai", "--from-env", "NOT_SET"), "", "NOT_SET is not set"),
    ],
)
@pytest.mark.usefixtures("key")
def test_what_is_wrong_is_told_and_nothing_is_printed(
    weft: Weft,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    stdin: str,
    said: str,
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
    ended = weft("credential", "seal", *arguments)
    assert ended.code == ExitCode.USAGE
    assert said in ended.err
    assert ended.out == ""
    assert not stdin or stdin not in ended.err


def test_without_a_sealing_key_the_way_to_one_is_told(
    weft: Weft, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("WEFT_SEALING_KEYS_FILE", "WEFT_SEALING_KEY"):
        monkeypatch.delenv(name, raising=False)
    ended = weft("credential", "seal", "a", "--provider", "openai")
    assert ended.code == ExitCode.USAGE
    assert "weft credential new-key" in ended.err


def typed(_prompt: str) -> str:
    return SECRET


def test_a_person_types_it_unseen(weft: Weft, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("getpass.getpass", typed)
    _, secret = opened(weft("credential", "seal", "a", "--provider", "openai").out, key)
    assert secret == SECRET

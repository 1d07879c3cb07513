"""`weft models add`: resources that `weft apply` reads."""

import io
import json
import sys

import pytest

from tests.fakes.operator import CannedOperator
from tests.sdk.cli.conftest import Weft
from weftline.cli.errors import ExitCode
from weftline.cli.models_add import merged
from weftline.cli.sources import read_sources
from weftline.plugins import installed_providers
from weftline_core.desired import Desired, Endpoint, Model, Resource
from weftline_core.prices import Offer


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for provider in installed_providers().values():
        if provider.key_env:
            monkeypatch.delenv(provider.key_env, raising=False)


def applied(text: str, monkeypatch: pytest.MonkeyPatch) -> list[Resource]:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    resources = read_sources(["-"])
    assert Desired.EMPTY.changed(resources, [], 1).problems() == []
    return resources


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_what_add_prints_apply_reads(
    weft: Weft, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    ended = weft(
        *("models", "add", "gpt-oss-120b", "moonshotai/kimi-k3", "-o", form),
        *("--provider", "groq", "--provider", "together"),
    )
    assert ended.code == 0
    assert ended.err.splitlines() == [
        "note: this is all that Endpoint/groq will serve; --merge keeps the rest",
        "note: this is all that Endpoint/together will serve; --merge keeps the rest",
    ]
    made = applied(ended.out, monkeypatch)
    assert [(type(one).__name__, one.name) for one in made] == [
        ("Model", "openai/gpt-oss-120b"),
        ("Model", "moonshotai/kimi-k3"),
        ("Endpoint", "groq"),
        ("Endpoint", "together"),
    ]
    together = made[3]
    assert isinstance(together, Endpoint)
    assert together.secret == "env:TOGETHER_API_KEY"
    assert together.models == {
        "openai/gpt-oss-120b": "openai/gpt-oss-120b",
        "moonshotai/kimi-k3": "moonshotai/Kimi-K3",
    }


def test_without_a_provider_those_with_a_key_are_taken(
    weft: Weft, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GROQ_API_KEY", "gsk-secret")
    ended = weft("models", "add", "gpt-oss-20b")
    assert [one.name for one in applied(ended.out, monkeypatch)] == ["openai/gpt-oss-20b", "groq"]
    assert "gsk-secret" not in ended.out + ended.err


def test_a_provider_whose_users_have_addresses_of_their_own(
    weft: Weft, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = weft(
        *("models", "add", "gpt-6-sol", "--provider", "azure", "--region", "eu-west-1"),
        *("--base-url", "https://mine.invalid/openai/v1", "-o", "json"),
    )
    endpoint = json.loads(ended.out)[1]
    assert endpoint["name"] == "azure-eu-west-1"
    assert (endpoint["region"], endpoint["base_url"]) == (
        "eu-west-1",
        "https://mine.invalid/openai/v1",
    )


def test_a_credential_in_place_of_a_variable(weft: Weft) -> None:
    ended = weft(
        *("models", "add", "claude-opus-5-5", "--provider", "anthropic", "-o", "json"),
        *("--credential", "main", "--credential", "spare"),
    )
    endpoint = json.loads(ended.out)[1]
    assert endpoint["credentials"] == ["main", "spare"]
    assert "secret" not in endpoint


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["nosuch"], ExitCode.NOT_FOUND, "the catalog has no model 'nosuch'\n"),
        (["gpt-oss-121b"], ExitCode.NOT_FOUND, "did you mean 'openai/gpt-oss-120b'?"),
        (["gpt-oss-120b"], ExitCode.USAGE, "--provider groq (key in GROQ_API_KEY)"),
        (["gpt-6-sol", "--provider", "grok"], ExitCode.USAGE, "no provider is called 'grok'"),
        (["gpt-6-sol", "--provider", "groq"], ExitCode.USAGE, "is not sold by groq"),
        (["gpt-6-sol", "--provider", "azure"], ExitCode.USAGE, "with --base-url URL"),
        (["claude-opus-5", "--provider", "bedrock"], ExitCode.USAGE, "one of us-east-1"),
        (["gpt-6-sol", "--option", "project"], ExitCode.USAGE, "NAME=VALUE"),
        (["gpt-6-sol", "--base-url", "https://x"], ExitCode.USAGE, "needs one --provider"),
        (
            [
                *("gpt-6-sol", "--base-url", "https://x"),
                *("--provider", "openai", "--provider", "azure"),
            ],
            ExitCode.USAGE,
            "one --provider only",
        ),
    ],
)
def test_what_cannot_be_added(weft: Weft, arguments: list[str], code: ExitCode, told: str) -> None:
    ended = weft("models", "add", *arguments)
    assert (ended.code, ended.out) == (code, "")
    assert told in ended.err


def test_a_region_chooses_the_providers_own_address(weft: Weft) -> None:
    ended = weft(
        *("models", "add", "qwen-flash", "--provider", "alibaba", "-o", "json"),
        *("--region", "cn-beijing", "--option", "workspace=w=1"),
    )
    endpoint = json.loads(ended.out)[1]
    assert endpoint["base_url"] == "https://dashscope.aliyuncs.com"
    assert endpoint["options"] == {"workspace": "w=1"}
    assert endpoint["name"] == "alibaba-cn-beijing"


def test_merge_keeps_what_is_served(
    operator: CannedOperator, control: str, weft: Weft, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = Endpoint(
        name="groq",
        base_url="https://proxy.invalid/v1",
        models={"weftline/ngram": "n"},
        provider="groq",
        slots=7,
    )
    operator.desired = operator.desired.changed([mine], [], 8)
    ended = weft(
        *("models", "add", "gpt-oss-20b", "--provider", "groq", "--merge", "--control", control)
    )
    assert ended.err == ""
    monkeypatch.setattr(sys, "stdin", io.StringIO(ended.out))
    endpoint = read_sources(["-"])[1]
    assert isinstance(endpoint, Endpoint)
    assert (endpoint.slots, endpoint.base_url) == (7, "https://proxy.invalid/v1")
    assert endpoint.models == {"weftline/ngram": "n", "openai/gpt-oss-20b": "openai/gpt-oss-20b"}


def test_a_model_keeps_its_settings_and_gets_new_prices() -> None:
    def offer(provider: str, context: int) -> Offer:
        return Offer(provider=provider, model="m", context_tokens=context)

    kept = Model(
        name="a/b", policy="nearest", aliases=("x",), offers=(offer("p", 1), offer("q", 1))
    )
    made = Model(name="a/b", aliases=("x", "y"), offers=(offer("p", 2), offer("r", 2)))
    assert merged([made], [kept]) == [
        Model(
            name="a/b",
            policy="nearest",
            aliases=("x", "y"),
            offers=(offer("p", 2), offer("r", 2), offer("q", 1)),
        )
    ]
    assert merged([made], []) == [made]

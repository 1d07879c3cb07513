"""`weft models`: the mesh's, a PoP's and the catalog's."""

import json

import msgspec
import pytest

from tests.fakes.operator import CannedOperator
from tests.fakes.pages import answering
from tests.sdk.cli.conftest import Weft
from weftline.cli import models
from weftline.cli.errors import ExitCode
from weftline_core.desired import Endpoint, Model, Resource
from weftline_core.prices import Meter, Offer, Price

PRICES = (Price(rates={Meter.INPUT: 75_000_000, Meter.OUTPUT: 300_000_000}),)
SEES = Model(
    name="acme/sees",
    inputs=("text", "image"),
    context_tokens=200_000,
    retires="2026-12-11",
    offers=(Offer(provider="acme", model="s", prices=PRICES), Offer(provider="other", model="s")),
)
ACME = Endpoint(name="acme", base_url="http://h/v1", models={"acme/sees": "s"}, provider="acme")

# 2026-11-27, 14 days before the model is switched off.
NOW_S = 1_795_780_800.0


@pytest.fixture
def richer(
    operator: CannedOperator, control: str, monkeypatch: pytest.MonkeyPatch
) -> CannedOperator:
    more: list[Resource] = [SEES, ACME]
    operator.desired = operator.desired.changed(more, [], 8)
    monkeypatch.setattr(models, "_now_s", lambda: NOW_S)
    return operator


def test_models_of_the_control_plane(control: str, weft: Weft) -> None:
    data = json.loads(weft("models", "--control", control, "-o", "json").out)
    assert data == [
        {
            "model": "weftline/ngram",
            "task": "chat",
            "policy": "latency",
            "aliases": ["ngram"],
            "endpoints": ["ams-1", "iad-1"],
        }
    ]
    table = weft("models", "--control", control).out.splitlines()
    assert table[0].split() == ["MODEL", "TASK", "POLICY", "ALIASES", "ENDPOINTS"]
    assert table[1].endswith("ngram    ams-1, iad-1")


def test_prices_and_limits_are_shown_where_they_are_known(
    richer: CannedOperator, control: str, weft: Weft
) -> None:
    ended = weft("models", "--control", control)
    lines = ended.out.splitlines()
    assert lines[0].split("  ")[0] == "MODEL"
    assert "CONTEXT  IN $/M  OUT $/M  RETIRES" in lines[0]
    assert "200000  0.075   0.3      2026-12-11" in lines[1]
    assert ended.err == "warning: acme/sees is switched off on 2026-12-11, in 14 days\n"
    data = json.loads(weft("models", "--control", control, "--input", "image", "-o", "json").out)
    assert data == [
        {
            "model": "acme/sees",
            "task": "chat",
            "policy": "latency",
            "aliases": [],
            "endpoints": ["acme"],
            "providers": ["acme", "other"],
            "context_tokens": 200_000,
            "input_usd": "0.075",
            "output_usd": "0.3",
            "retires": "2026-12-11",
        }
    ]


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (["--task", "chat"], ["acme/sees", "weftline/ngram"]),
        (["--task", "embeddings"], []),
        (["--provider", "acme"], ["acme/sees"]),
        (["--provider", "other"], []),
        (["--makes", "audio"], []),
        (["--search", "GRAM"], ["weftline/ngram"]),
        (["--max-price", "0.3"], ["acme/sees"]),
        (["--max-price", "0.29"], []),
        (["--context-min", "1000"], ["acme/sees"]),
        (["--retiring-before", "2027-01-01"], ["acme/sees"]),
    ],
)
def test_filters(
    richer: CannedOperator, control: str, weft: Weft, options: list[str], names: list[str]
) -> None:
    data = json.loads(weft("models", "--control", control, "-o", "json", *options).out)
    assert [one["model"] for one in data] == names


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--task", "poems"], "error: task must be one of chat, embeddings\n"),
        (["--makes", "x"], "error: --makes must be one of text, "),
        (["--max-price", "cheap"], "error: --max-price must be US dollars"),
        (["--context-min", "x"], "error: --context-min must be a whole number\n"),
        (["--retiring-before", "x"], "error: --retiring-before: 'x' is not a day"),
    ],
)
def test_a_wrong_filter_is_told_by_its_option(weft: Weft, options: list[str], told: str) -> None:
    ended = weft("models", "--all", *options)
    assert (ended.code, ended.out) == (ExitCode.USAGE, "")
    assert ended.err.startswith(told.replace("error: task", "error: --task"))


def test_models_of_a_pop(weft: Weft) -> None:
    with answering({"/v1/models": {"data": [{"id": "a/b", "owned_by": "me"}]}}) as pop:
        ended = weft("models", "--url", f"{pop.url}/v1/", "--key", "weft-1")
    assert ended.out.splitlines() == ["MODEL  OWNED BY", "a/b    me"]
    assert pop.authorizations == ["Bearer weft-1"]


def test_the_shipped_catalog_needs_no_mesh(weft: Weft) -> None:
    lines = weft("models", "--all", "--provider", "groq").out.splitlines()
    assert lines[0].split() == [
        *("MODEL", "TASK", "CONTEXT", "IN", "$/M", "OUT", "$/M", "PROVIDERS")
    ]
    assert any(
        line.startswith("openai/gpt-oss-120b") and "groq, together" in line for line in lines
    )
    ended = weft("models", "--all", "--search", "no such thing")
    assert (ended.code, ended.out, ended.err) == (0, "no such models\n", "")
    data = json.loads(weft("models", "--all", "-o", "json").out)
    assert len(data) >= 75


def test_one_model_of_the_mesh(richer: CannedOperator, control: str, weft: Weft) -> None:
    ended = weft("models", "show", "acme/sees", "--control", control)
    assert ended.out.splitlines() == [
        "acme/sees",
        "  task       chat",
        "  made by    weftline",
        "  reads      text, image",
        "  makes      text",
        "  context    200000 tokens",
        "  retires    2026-12-11",
        "  endpoints  acme",
        "",
        "at acme as s",
        "WHEN  IN $/M  OUT $/M  CACHED $/M  CACHING $/M  OTHER $",
        "now   0.075   0.3               -            -  -",
        "",
        "at other as s",
        "WHEN     IN $/M  OUT $/M  CACHED $/M  CACHING $/M  OTHER $",
        "unknown       -        -           -            -        -",
    ]
    assert "in 14 days" in ended.err
    data = json.loads(weft("models", "show", "ngram", "--control", control, "-o", "json").out)
    assert (data["name"], data["endpoints"]) == ("weftline/ngram", ["ams-1", "iad-1"])


def test_one_model_of_the_catalog(weft: Weft) -> None:
    out = weft("models", "show", "CLAUDE-haiku-5-5", "--all").out
    assert out.startswith("anthropic/claude-haiku-5-5\n")
    assert "above 100000 tokens" in out
    assert "batch: x 0.5" in out
    assert "other regions: x 1.1" in out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nosuch"], "error: the mesh has no model 'nosuch'\n  see `weft models`\n"),
        (["gpt-oss-20b"], "`weft models add gpt-oss-20b`\n"),
    ],
)
def test_a_model_that_the_mesh_lacks(
    control: str, weft: Weft, arguments: list[str], told: str
) -> None:
    ended = weft("models", "show", *arguments, "--control", control)
    assert (ended.code, ended.out) == (ExitCode.NOT_FOUND, "")
    assert ended.err.endswith(told)


def test_a_model_that_nobody_has(weft: Weft) -> None:
    ended = weft("models", "show", "gpt-oss-21b", "--all")
    assert ended.code == ExitCode.NOT_FOUND
    assert "did you mean 'openai/gpt-oss-20b'?" in ended.err


def test_help_has_examples(weft: Weft) -> None:
    for verb in ([], ["show"], ["add"], ["import"]):
        assert "Examples:" in weft("models", *verb, "--help").out


def test_warnings_are_about_providers_in_use(
    richer: CannedOperator, control: str, weft: Weft
) -> None:
    ends = (
        Offer(provider="acme", model="s"),
        Offer(provider="other", model="s", retires="2026-12-01"),
    )
    model = msgspec.structs.replace(SEES, retires=None, offers=ends)
    richer.desired = richer.desired.changed([model], [], 9)
    assert weft("models", "--control", control).err == ""

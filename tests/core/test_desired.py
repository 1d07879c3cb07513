"""Desired state: what is refused, what a delta does, how it is stored."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftline_core.desired import (
    ALIASES_MAX,
    CACHE_TTL_S_MAX,
    OFFERS_MAX,
    Credential,
    Desired,
    Endpoint,
    Key,
    Model,
    Pop,
    Resource,
    decode,
    delta,
    encode,
    ref,
)
from weftline_core.prices import Offer, Price
from weftline_core.sealed_form import written

MODEL = Model(name="weftline/ngram", aliases=("ngram",))
ENDPOINT = Endpoint(
    name="iad", base_url="http://127.0.0.1:1/v1", models={"weftline/ngram": "ngram"}
)
KEY = Key(name="dev", digest="0" * 64)


def state(*resources: Resource) -> Desired:
    return Desired.EMPTY.changed(resources, (), 1)


def test_a_whole_state_has_no_problem() -> None:
    assert state(MODEL, ENDPOINT, KEY, Pop(name="ams")).problems() == []


def test_references_must_lead_somewhere() -> None:
    assert state(ENDPOINT).problems() == [
        "Endpoint/iad: models names 'weftline/ngram', which no Model resource defines"
    ]


def test_credentials_must_be_there_and_of_the_endpoints_provider() -> None:
    main = Credential(name="main", provider="openai", env="A_KEY")
    told = msgspec.structs.replace(ENDPOINT, credentials=("main", "gone"), provider="groq")
    assert state(MODEL, told, main).problems() == [
        "Endpoint/iad: its provider is groq, and Credential/main is for openai",
        "Endpoint/iad: credentials names 'gone', which no Credential resource defines",
    ]
    right = msgspec.structs.replace(ENDPOINT, credentials=("main",), provider="openai")
    assert state(MODEL, right, main).problems() == []


def test_an_endpoint_is_at_one_of_the_hosts_of_its_credentials() -> None:
    main = Credential(name="main", provider="selfhosted", env="A_KEY", hosts=("*.example.com",))
    told = msgspec.structs.replace(ENDPOINT, credentials=("main",))
    assert state(MODEL, told, main).problems() == [
        "Endpoint/iad: the host of its base_url is none of the hosts of Credential/main"
    ]
    right = msgspec.structs.replace(told, base_url="https://a.example.com/v1")
    assert state(MODEL, right, main).problems() == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"env": None}, "exactly one of sealed and env"),
        ({"sealed": written("0123456789ab", bytes(40))}, "exactly one of sealed and env"),
        ({"env": "sk-live-123"}, "never the secret itself"),
        ({"env": None, "sealed": "sk-live-123"}, "make one with `weft credential seal`"),
        ({"alias": "a b"}, "not a valid name"),
        ({"requests_per_minute": 0}, "requests_per_minute must be in [1, "),
        ({"tokens_per_minute": 10**10}, "tokens_per_minute must be in [1, "),
        ({"hosts": ("https://h",)}, "'https://h' is no host"),
        ({"hosts": ("h",) * 65}, "over HOSTS_MAX = 64"),
    ],
)
def test_a_wrong_credential_is_told_what_is_wrong(changes: dict[str, object], said: str) -> None:
    right = Credential(name="main", provider="openai", env="A_KEY")
    assert not list(right.problems())
    problems = " ".join(msgspec.structs.replace(right, **changes).problems())
    assert said in problems
    assert "sk-live-123" not in problems


def test_two_models_cannot_share_a_name_nor_two_resources_a_key() -> None:
    other = Model(name="other", aliases=("ngram",))
    assert state(MODEL, other).problems() == [
        "Model/other: the name 'ngram' already belongs to Model/weftline/ngram"
    ]
    assert "the same key already belongs to Key/dev" in " ".join(
        state(KEY, Key(name="dev2", digest="0" * 64)).problems()
    )


def test_what_was_good_is_only_checked_against_what_is_new() -> None:
    good = state(MODEL, ENDPOINT)
    worse = good.changed([Key(name="k", digest="x"), Model(name="m", aliases=("ngram",))], (), 2)
    assert worse.problems(good) == worse.problems()
    assert len(worse.problems(good)) == 2
    without = good.changed([], [ref(MODEL)], 2)
    assert "no Model resource defines" in " ".join(without.problems(good))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"base_url": "http://u:p@h/"}, "no user, query or fragment"),
        ({"base_url": "http://h:99999/"}, "not a URL"),
        ({"base_url": "http://h:0/"}, "port 0"),
        ({"base_url": "http:///x"}, "name a host"),
        ({"base_url": "http://h/\u6a21"}, "percent-encoding"),
        ({"base_url": "http://h\u00fc/v1"}, "percent-encoding"),
        ({"base_url": "http://h/v 1"}, "percent-encoding"),
        ({"base_url": "http://h/v1\r\nx: y"}, "percent-encoding"),
        ({"models": {"weftline/ngram": "up\x1b[31m"}}, "empty or unprintable"),
        ({"models": {"weftline/ngram": ""}}, "empty or unprintable"),
        ({"provider": "open\nai"}, r"provider: 'open\nai' is not a valid"),
        ({"secret": "sk-live-123"}, "never the secret itself"),
        ({"secret": "env:a b"}, "must be a reference"),
        ({"slots": 0}, "slots must be"),
        ({"weight": -1}, "weight must be"),
        ({"models": {}}, "models is empty"),
        ({"models": {"a b": "x"}}, "not a valid model name"),
        ({"region": "asm"}, "not a known region: did you mean ams"),
    ],
)
def test_a_wrong_endpoint_is_told_what_is_wrong(changes: dict[str, object], said: str) -> None:
    wrong = msgspec.structs.replace(ENDPOINT, **changes)
    problems = " ".join(wrong.problems())
    assert said in problems
    assert "sk-live-123" not in problems


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"aliases": ("a b",)}, "not a valid model name"),
        ({"aliases": tuple(f"a{i}" for i in range(ALIASES_MAX + 1))}, "over ALIASES_MAX"),
        ({"first_token_ms": 0}, "first_token_ms must be in"),
        ({"inputs": ()}, "inputs is empty"),
        ({"outputs": ("image",)}, "outputs must hold text for the task chat"),
        ({"task": "embeddings", "outputs": ("image",)}, "outputs must hold vector"),
        ({"task": "embeddings", "reasoning": "effort"}, "reasoning has no meaning"),
        ({"refuses": ("temperature", "temprature")}, "refuses: 'temprature' is no feature"),
        ({"retires": "2027-02-30"}, "retires: '2027-02-30' is not a day"),
        ({"context_tokens": 0}, "context_tokens must be at least 1"),
        ({"output_tokens_max": -5}, "output_tokens_max must be at least 1"),
        ({"cache_ttl_s": 0}, "cache_ttl_s must be in"),
        ({"cache_ttl_s": CACHE_TTL_S_MAX + 1}, "cache_ttl_s must be in"),
        ({"offers": (Offer(provider="a", model=""),)}, "offers[0].model is empty"),
        ({"offers": (Offer(provider="a", model="b"),) * 2}, "offers[1]: a already sells it"),
        (
            {"offers": tuple(Offer(provider=f"p{i}", model="b") for i in range(OFFERS_MAX + 1))},
            "over OFFERS_MAX",
        ),
        (
            {"offers": (Offer(provider="a", model="b", prices=(Price(since="x"),)),)},
            "offers[0].prices[0].since: 'x' is not a day",
        ),
    ],
)
def test_a_wrong_model_is_told_what_is_wrong(changes: dict[str, object], said: str) -> None:
    assert said in " ".join(msgspec.structs.replace(MODEL, **changes).problems())


def test_a_model_with_everything_has_no_problem() -> None:
    full = Model(
        name="acme/all",
        inputs=("text", "image"),
        outputs=("text", "audio"),
        context_tokens=200_000,
        output_tokens_max=8_000,
        refuses=("temperature", "top_k"),
        reasoning="adaptive",
        retires="2027-01-31",
        offers=(Offer(provider="a", model="b"), Offer(provider="a", model="us.b")),
        cache_ttl_s=60,
    )
    assert list(full.problems()) == []
    assert decode(encode(full)) == full
    assert list(Model(name="e", task="embeddings").problems()) == []
    assert list(Model(name="e", task="embeddings", outputs=("vector",)).problems()) == []


def test_what_is_shown_to_people_can_be_shown() -> None:
    assert "owned_by" in " ".join(Model(name="a/b", owned_by="x\n").problems())
    told = " ".join(Model(name="a\x1b[31m\u202eb").problems())
    assert told.startswith(r"'a\x1b[31m\u202eb' is not a valid model name")


def test_unknown_fields_and_kinds_are_refused_when_decoding() -> None:
    with pytest.raises(msgspec.ValidationError, match="unknown field"):
        decode(b'{"kind":"Pop","name":"ams","drian":true}')
    with pytest.raises(msgspec.ValidationError, match="Invalid value"):
        decode(b'{"kind":"Nope","name":"ams"}')


names = st.from_regex(r"[a-z0-9]{1,8}", fullmatch=True)
resources = st.one_of(
    st.builds(Pop, name=names, drain=st.booleans()),
    st.builds(Model, name=names, aliases=st.lists(names, max_size=2).map(tuple)),
    st.builds(
        Endpoint,
        name=names,
        base_url=st.just("http://h/v1"),
        models=st.dictionaries(names, names, min_size=1, max_size=3),
        slots=st.integers(1, 9),
        drain=st.booleans(),
    ),
)
states = st.lists(resources, max_size=6).map(lambda rs: {ref(r): r for r in rs})


@given(resources)
def test_storing_and_reading_a_resource_changes_nothing(resource: Resource) -> None:
    assert decode(encode(resource)) == resource


@given(states, states)
def test_a_delta_leads_from_one_state_to_the_other(
    old: dict[str, Resource], new: dict[str, Resource]
) -> None:
    put, gone = delta(old, new)
    after = Desired(revision=1, resources=old).changed(put, gone, 2)
    assert after.resources == new
    assert after.revision == 2
    assert delta(new, new) == ([], [])

"""Equal questions share a key, tenants never do, and memory keeps to its bound."""

import json

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from weftline_core.answer_cache import (
    CF_TTL_S_MIN,
    ENTRY_OVERHEAD_BYTES,
    OFF,
    OWN_KEY_CHARS_MAX,
    OWN_KEY_TTL_S,
    CacheKey,
    CachePolicy,
    Entry,
    MemoryTier,
    Question,
    cache_key,
    policy_of,
)
from weftline_core.desired import CACHE_TTL_S_MAX
from weftline_core.errors import CallerError

QUESTION = Question(
    tenant="acme",
    dialect="chat",
    task="chat",
    model="weft/chat",
    stream=False,
    body={"model": "chat", "messages": [{"role": "user", "content": "hi"}], "temperature": 0},
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab\u00fc:", max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("xyz"), inner),
    max_leaves=5,
)
BODIES = st.dictionaries(st.sampled_from(["model", "messages", "n", "stop"]), VALUES, max_size=4)
TEXTS = st.text("ab:1", max_size=3)
QUESTIONS = st.builds(
    Question,
    tenant=TEXTS,
    dialect=TEXTS,
    task=TEXTS,
    model=TEXTS,
    stream=st.booleans(),
    asked_of=TEXTS,
    body=BODIES,
)


def entry(body: bytes = b"{}", *, tenant: str = "acme", expires: float = 100.0) -> Entry:
    return Entry(
        tenant=tenant,
        body=body,
        content_type="application/json",
        stream=False,
        usage=None,
        stored_unix_s=0.0,
        expires_unix_s=expires,
    )


def told_apart(question: Question) -> tuple[object, ...]:
    """Return all that tells questions apart, by another library's JSON."""
    *names, body = msgspec.structs.astuple(question)
    return (*names, json.dumps(body, sort_keys=True))


@given(QUESTIONS, QUESTIONS)
def test_two_questions_share_a_key_only_if_they_are_equal(a: Question, b: Question) -> None:
    assert (cache_key(a) == cache_key(b)) == (told_apart(a) == told_apart(b))


@given(QUESTIONS, QUESTIONS, st.none() | TEXTS)
def test_tenants_never_share_a_key(a: Question, b: Question, own_key: str | None) -> None:
    assume(a.tenant != b.tenant)
    assert cache_key(a, own_key).digest != cache_key(b, own_key).digest
    assert cache_key(a, own_key).tenant == a.tenant


def test_where_one_part_ends_and_the_next_begins_counts() -> None:
    a = msgspec.structs.replace(QUESTION, tenant="ab", dialect="c")
    b = msgspec.structs.replace(QUESTION, tenant="a", dialect="bc")
    assert cache_key(a).digest != cache_key(b).digest


def test_the_order_of_fields_and_the_way_of_sending_do_not_count() -> None:
    body = dict(reversed(list(QUESTION.body.items())))
    turned = msgspec.structs.replace(QUESTION, body={**body, "stream": False})
    assert cache_key(turned) == cache_key(QUESTION)
    noisy = msgspec.structs.replace(
        QUESTION, body={**QUESTION.body, "stream_options": {"include_usage": True}}
    )
    assert cache_key(noisy) == cache_key(QUESTION)
    assert "stream" in turned.body, "the client's body is not changed"


def test_a_stream_and_a_whole_answer_are_two_and_so_are_streams_with_and_without_usage() -> None:
    stream = msgspec.structs.replace(QUESTION, stream=True)
    usage = msgspec.structs.replace(
        stream, body={**QUESTION.body, "stream_options": {"include_usage": True}}
    )
    assert len({cache_key(q).digest for q in (QUESTION, stream, usage)}) == 3


def test_an_own_key_stands_for_the_body_only() -> None:
    other_body = msgspec.structs.replace(QUESTION, body={"model": "x"})
    assert cache_key(QUESTION, "k") == cache_key(other_body, "k")
    assert cache_key(QUESTION, "k") != cache_key(QUESTION, "k2")
    for field in ("dialect", "task", "model"):
        other = msgspec.structs.replace(QUESTION, **{field: "other"})
        assert cache_key(other, "k") != cache_key(QUESTION, "k")
    empty = msgspec.structs.replace(QUESTION, body={})
    assert cache_key(empty) != cache_key(empty, "{}"), "an own key never meets a body"


@pytest.mark.parametrize(
    ("headers", "model_ttl_s", "policy"),
    [
        ({}, None, OFF),
        ({"accept": "*/*"}, 60, CachePolicy(read=True, ttl_s=60)),
        ({"cf-aig-cache-ttl": "3600"}, None, CachePolicy(read=True, ttl_s=3600)),
        ({"cf-aig-cache-ttl": "3600"}, 60, CachePolicy(read=True, ttl_s=3600)),
        ({"cf-cache-ttl": "90"}, None, CachePolicy(read=True, ttl_s=90)),
        ({"x-weft-cache-ttl": "5"}, None, CachePolicy(read=True, ttl_s=5)),
        (
            {"x-weft-cache-ttl": " 5 ", "cf-aig-cache-ttl": "90"},
            None,
            CachePolicy(read=True, ttl_s=5),
        ),
        ({"cf-aig-skip-cache": "true"}, 60, OFF),
        ({"cf-aig-skip-cache": "True", "cf-aig-cache-ttl": "90"}, 60, OFF),
        ({"cf-aig-skip-cache": "false"}, 60, CachePolicy(read=True, ttl_s=60)),
        ({"cf-skip-cache": "1"}, 60, OFF),
        ({"x-weft-skip-cache": "true"}, 60, OFF),
        ({"cache-control": "private, No-Store"}, 60, OFF),
        ({"cache-control": "no-cache"}, 60, CachePolicy(ttl_s=60)),
        ({"cache-control": "max-age=0"}, 60, CachePolicy(read=True, ttl_s=60)),
        ({"x-weft-cache": "skip", "cf-aig-cache-ttl": "90"}, 60, OFF),
        ({"x-weft-cache": "Refresh"}, 60, CachePolicy(ttl_s=60)),
        ({"x-weft-cache": "refresh"}, None, OFF),
        ({"x-weft-cache": "coalesce"}, None, CachePolicy(coalesce=True)),
        ({"x-weft-cache": "coalesce"}, 9, CachePolicy(read=True, ttl_s=9, coalesce=True)),
        (
            {"cf-aig-cache-key": "k"},
            None,
            CachePolicy(read=True, ttl_s=OWN_KEY_TTL_S, own_key="k"),
        ),
        ({"x-weft-cache-key": "k"}, 9, CachePolicy(read=True, ttl_s=9, own_key="k")),
        ({"cf-aig-cache-key": ""}, None, OFF),
    ],
)
def test_what_headers_ask_for(
    headers: dict[str, str], model_ttl_s: int | None, policy: CachePolicy
) -> None:
    raw = {name.encode(): value.encode() for name, value in headers.items()}
    assert policy_of(raw, model_ttl_s) == policy


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cf-aig-cache-ttl", str(CF_TTL_S_MIN - 1)),
        ("cf-aig-cache-ttl", str(CACHE_TTL_S_MAX + 1)),
        ("cf-aig-cache-ttl", "9" * 5000),
        ("cf-cache-ttl", "-60"),
        ("x-weft-cache-ttl", "0"),
        ("x-weft-cache-ttl", "1.5"),
        ("x-weft-cache-ttl", "\u0661"),
        ("x-weft-cache", "always"),
        ("cf-aig-cache-key", "k" * (OWN_KEY_CHARS_MAX + 1)),
    ],
)
def test_what_no_cache_can_do_is_the_callers_mistake(name: str, value: str) -> None:
    with pytest.raises(CallerError) as refused:
        policy_of({name.encode(): value.encode()}, None)
    assert refused.value.param == name
    assert name in refused.value.message
    assert value not in refused.value.message or len(value) < 3


def test_a_request_without_wishes_is_idle() -> None:
    assert OFF.idle
    assert not CachePolicy(coalesce=True).idle
    assert not CachePolicy(ttl_s=1).idle


def test_memory_gives_what_it_took_until_its_time_is_over() -> None:
    tier, key, kept = MemoryTier(10_000), CacheKey("aa", "acme"), entry(expires=50.0)
    assert tier.get(key, 0.0) is None
    assert key not in tier
    assert tier.put(key, kept)
    assert key in tier
    assert tier.get(key, 49.9) is kept
    assert tier.get(key, 50.0) is None
    assert (len(tier), tier.bytes, tier.evictions) == (0, 0, 0)


def test_memory_gives_nothing_to_another_tenant_even_under_the_same_digest() -> None:
    tier = MemoryTier(10_000)
    tier.put(CacheKey("aa", "acme"), entry())
    assert tier.get(CacheKey("aa", "other"), 0.0) is None
    assert not tier.put(CacheKey("bb", "other"), entry())
    assert tier.get(CacheKey("aa", "acme"), 0.0) is not None


def test_what_was_used_longest_ago_makes_room() -> None:
    tier = MemoryTier(3 * (ENTRY_OVERHEAD_BYTES + 10))
    keys = [CacheKey(name, "acme") for name in "abcd"]
    for key in keys[:3]:
        tier.put(key, entry(b"x" * 10))
    tier.get(keys[0], 0.0)
    tier.put(keys[3], entry(b"x" * 10))
    assert [tier.get(key, 0.0) is not None for key in keys] == [True, False, True, True]
    assert tier.evictions == 1
    tier.drop(keys[0])
    tier.drop(keys[0])
    assert len(tier) == 2


def test_what_has_no_room_at_all_pushes_nothing_out() -> None:
    tier = MemoryTier(ENTRY_OVERHEAD_BYTES + 10)
    small, large = CacheKey("a", "acme"), CacheKey("b", "acme")
    assert tier.put(small, entry(b"x" * 10))
    assert not tier.put(large, entry(b"x" * 11))
    assert tier.get(small, 0.0) is not None


class Memory(RuleBasedStateMachine):
    """The tier beside a plain list, newest use last."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes_max = 4 * ENTRY_OVERHEAD_BYTES
        self.tier = MemoryTier(self.bytes_max)
        self.kept: list[tuple[str, Entry]] = []
        self.now = 0.0

    @rule(name=st.sampled_from("abcdef"), size=st.integers(1, 1000), ttl=st.integers(1, 20))
    def put(self, name: str, size: int, ttl: int) -> None:
        new = entry(b"x" * size, expires=self.now + ttl)
        self.tier.put(CacheKey(name, "acme"), new)
        self.kept = [(n, e) for n, e in self.kept if n != name]
        self.kept.append((name, new))
        while sum(e.cost_bytes for _, e in self.kept) > self.bytes_max:
            self.kept.pop(0)

    @rule(name=st.sampled_from("abcdef"))
    def get(self, name: str) -> None:
        found = self.tier.get(CacheKey(name, "acme"), self.now)
        mine = dict(self.kept).get(name)
        self.kept = [(n, e) for n, e in self.kept if n != name]
        if mine is not None and mine.expires_unix_s > self.now:
            self.kept.append((name, mine))
            assert found is mine
        else:
            assert found is None

    @rule(seconds=st.integers(1, 10))
    def wait(self, seconds: int) -> None:
        self.now += seconds

    @invariant()
    def it_counts_its_bytes_and_keeps_its_bound(self) -> None:
        assert self.tier.bytes == sum(e.cost_bytes for _, e in self.kept)
        assert self.tier.bytes <= self.bytes_max
        assert len(self.tier) == len(self.kept)


Memory.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestMemory = Memory.TestCase

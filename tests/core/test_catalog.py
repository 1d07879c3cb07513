"""The catalog finds what the desired state holds, under every name it has."""

from weftline_core.catalog import Catalog
from weftline_core.desired import Credential, Desired, Endpoint, Key, Model, Pop

CHAT = Model(name="weft/chat", aliases=("gpt-4o-mini", "chat"))
EMBED = Model(name="weft/embed", task="embeddings")
IAD = Endpoint(name="iad", base_url="http://127.0.0.1:1/v1", models={"weft/chat": "c"})
AMS = Endpoint(
    name="ams", base_url="http://127.0.0.1:2/v1", models={"weft/chat": "c", "weft/embed": "e"}
)
KEY = Key(name="demo", digest="ab" * 32)
CREDENTIAL = Credential(name="main", provider="openai", env="OPENAI_API_KEY")
POP = Pop(name="ams", drain=True)
CATALOG = Catalog.of(
    Desired.EMPTY.changed([IAD, CHAT, POP, KEY, EMBED, AMS, CREDENTIAL], [], revision=7)
)


def test_everything_is_found_by_its_name() -> None:
    assert CATALOG.revision == 7
    assert CATALOG.model("weft/chat") is CHAT
    assert CATALOG.key("ab" * 32) is KEY
    assert CATALOG.credential("main") is CREDENTIAL
    assert CATALOG.pop("ams") is POP
    assert CATALOG.endpoint("iad") is IAD


def test_aliases_lead_to_the_model() -> None:
    assert CATALOG.model("gpt-4o-mini") is CHAT
    assert CATALOG.model("chat") is CHAT


def test_a_real_name_beats_another_models_alias() -> None:
    thief = Model(name="a/thief", aliases=("weft/chat",))
    assert Catalog.of(Desired.EMPTY.changed([CHAT, thief], [], 1)).model("weft/chat") is CHAT


def test_models_of_two_tasks_may_share_a_name() -> None:
    chat = Model(name="acme/all-chat", aliases=("all",))
    embed = Model(name="acme/all-embed", task="embeddings", aliases=("all",))
    state = Desired.EMPTY.changed([chat, embed], [], 1)
    assert state.problems() == []
    catalog = Catalog.of(state)
    assert catalog.model("all", "chat") is chat
    assert catalog.model("all", "embeddings") is embed
    assert catalog.model("all") in (chat, embed)
    assert catalog.model("acme/all-chat", "embeddings") is None
    assert catalog.model("acme/all-chat", "chat") is chat


def test_order_is_by_name_whatever_came_first() -> None:
    assert CATALOG.endpoints == (AMS, IAD)
    assert CATALOG.models == (CHAT, EMBED)
    assert CATALOG.endpoints_of(CHAT) == (AMS, IAD)
    assert CATALOG.endpoints_of(EMBED) == (AMS,)


def test_what_is_missing_is_none_or_empty() -> None:
    empty = Catalog.of(Desired.EMPTY)
    assert empty.revision == 0
    assert empty.model("weft/chat") is None
    assert empty.endpoints_of(CHAT) == ()
    assert empty.endpoint("iad") is None
    assert empty.key("x") is None
    assert empty.credential("main") is None
    assert empty.pop("ams") is None


def test_a_model_is_found_by_what_a_provider_calls_it() -> None:
    assert CATALOG.called("selfhosted", "c") is CHAT
    assert CATALOG.called("selfhosted", "e") is EMBED
    assert CATALOG.called("openai", "c") is None
    assert CATALOG.called("selfhosted", "weft/chat") is None

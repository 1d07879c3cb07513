"""A host on its dialects: where requests go, how keys are shown, what is taken out."""

import pytest

from weftline_core.dialects.chat.back import BACK as CHAT
from weftline_core.dialects.dialect import Target
from weftline_core.dialects.embeddings.back import BACK as EMBEDDINGS
from weftline_core.dialects.messages.back import BACK as MESSAGES
from weftline_core.hosts import Auth, Host, back_for

TARGET = Target(model="theirs")


@pytest.mark.parametrize(
    ("auth", "shown"),
    [
        ("bearer", ("authorization", "Bearer k")),
        ("x-api-key", ("x-api-key", "k")),
        ("api-key", ("api-key", "k")),
        ("x-goog-api-key", ("x-goog-api-key", "k")),
    ],
)
def test_a_key_is_shown_as_its_host_wants(auth: Auth, shown: tuple[str, str]) -> None:
    host = Host(name="h", speaks=(CHAT,), auth=auth, fixed=(("x-version", "1"),))
    assert host.headers(CHAT, "k") == (shown, ("x-version", "1"))
    assert host.headers(CHAT, None) == (("x-version", "1"),)


def test_a_host_without_keys_shows_none() -> None:
    assert Host(name="h", speaks=(CHAT,), auth="none").headers(CHAT, "k") == ()


def test_a_path_is_the_dialects_own_unless_the_host_has_another() -> None:
    host = Host(name="h", speaks=(CHAT, EMBEDDINGS), paths={"chat": "/v2/chat"})
    assert host.path(CHAT, TARGET, stream=False) == "/v2/chat"
    assert host.path(EMBEDDINGS, TARGET, stream=False) == "/embeddings"


def test_what_the_host_refuses_is_taken_out_and_named() -> None:
    host = Host(name="h", speaks=(CHAT,), drops=frozenset({"a"}), renames=(("b", "c"), ("d", "e")))
    body: dict[str, object] = {"a": 1, "b": 2, "d": 3, "e": 4, "f": 5}
    assert host.adapt(CHAT, body, TARGET) == ("a",)
    assert body == {"c": 2, "e": 4, "f": 5}


def test_what_the_host_refuses_in_messages_is_taken_out_and_named() -> None:
    host = Host(name="h", speaks=(CHAT,), drops=frozenset({"a"}), message_drops=frozenset({"m"}))
    body: dict[str, object] = {"a": 1, "messages": [{"m": 2, "role": "user"}]}
    assert host.adapt(CHAT, body, TARGET) == ("a", "messages[0].m")
    assert body == {"messages": [{"role": "user"}]}


def test_a_client_is_answered_in_its_own_dialect_where_it_is_spoken() -> None:
    host = Host(name="h", speaks=(CHAT, MESSAGES, EMBEDDINGS))
    assert back_for(host, "m", "chat", "messages") is MESSAGES
    assert back_for(host, "m", "chat", "generate") is CHAT
    assert back_for(host, "m", "embeddings", "embed_content") is EMBEDDINGS
    assert back_for(Host(name="h", speaks=(CHAT,)), "m", "embeddings", "embeddings") is None

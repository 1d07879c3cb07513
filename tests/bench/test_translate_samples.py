"""What is translated is what it is said to be: of the size, of the dialect, and alike in all."""

import orjson
import pytest

from weftline_bench.translate_samples import (
    STREAM_CALLS,
    TARGET,
    Client,
    Host,
    clients,
    conversation,
    hosts,
)
from weftline_core.chat.conversation import Conversation
from weftline_core.chat.parts import Text, ToolCall

CLIENTS, HOSTS = clients(), hosts()


def asked(client: Client) -> Conversation:
    request = client.front.request(orjson.loads(client.body), client.args)
    return client.front.conversation(request)


def said(found: Conversation) -> list[tuple[str, list[str]]]:
    return [
        (turn.role, [part.text for part in turn.parts if isinstance(part, Text)])
        for turn in found.turns
    ]


@pytest.mark.parametrize("client", CLIENTS.values(), ids=CLIENTS)
def test_each_clients_request_says_the_same_in_about_2_kb(client: Client) -> None:
    assert 1900 <= len(client.body) <= 2500
    found, wanted = asked(client), conversation()
    assert said(found) == said(wanted)
    assert [tool.name for tool in found.tools] == [tool.name for tool in wanted.tools]
    assert (found.max_tokens, found.temperature) == (wanted.max_tokens, wanted.temperature)


@pytest.mark.parametrize("host", HOSTS.values(), ids=HOSTS)
def test_each_hosts_answer_is_whole_in_about_1_kb(host: Host) -> None:
    assert 700 <= len(host.answer) <= 1800
    (choice,) = host.back.read(host.answer).choices
    assert [part.name for part in choice.parts if isinstance(part, ToolCall)] == ["tide"]


def test_every_chat_dialect_is_there() -> None:
    assert set(CLIENTS) == {"chat", "responses", "messages", "generate"}
    assert set(HOSTS) == {*CLIENTS, "converse", "cohere_chat", "workers_ai"}


@pytest.mark.parametrize("host", HOSTS.values(), ids=HOSTS)
def test_streams_are_long_enough_to_forget_their_ends(host: Host) -> None:
    assert len(host.text) > 80
    assert b"".join(host.calls).count(b"tide") >= STREAM_CALLS


def test_the_target_gives_a_limit_to_dialects_that_demand_one() -> None:
    assert TARGET.output_tokens_max is not None

"""Prebuilt request heads, and endpoints that cannot be used."""

import msgspec
import pytest
from msgspec.structs import replace

from tests.fakes.pop import CHAT, EMBED, PROVIDERS, endpoint
from weftline_core.ask import Ask
from weftline_core.catalog import Catalog
from weftline_core.desired import Credential, Desired, Endpoint
from weftline_core.dialects.chat.back import BACK as CHAT_BACK
from weftline_core.dialects.chat.front import FRONT as CHAT_FRONT
from weftline_core.dialects.dialect import ClientRequest
from weftline_core.dialects.messages.front import FRONT as MESSAGES_FRONT
from weftline_core.hosts import Host, Outgoing
from weftline_node.credentials import Opener
from weftline_node.dial import DialTable
from weftline_node.ports import Address


def table(*endpoints: Endpoint, **environ: str) -> DialTable:
    catalog = Catalog.of(Desired.EMPTY.changed((CHAT, EMBED, *endpoints), (), 1))
    return DialTable.of(catalog, PROVIDERS, Opener.of(environ))


def asked(stream: bool = False) -> Ask:
    request = ClientRequest(dialect="chat", task="chat", model="m", stream=stream, body={})
    return Ask(CHAT_FRONT, request, b"x-carried: 1\r\n")


def test_a_request_is_a_prebuilt_head_and_a_body() -> None:
    dials = table(endpoint("a", "http://10.0.0.1:81/base/v1/", secret="env:THE_KEY"), THE_KEY="k1")
    dial = dials.get("a")
    assert dial is not None
    (way,) = dial.ways(CHAT.name, "chat")
    assert (dial.address, dial.tls) == (Address("10.0.0.1", 81), False)
    head, _, body = way.request(asked(), b"{}", "req_1", 0.0).partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    assert first == b"POST /base/v1/chat/completions HTTP/1.1"
    assert body == b"{}"
    assert set(lines) >= {
        b"host: 10.0.0.1:81",
        b"authorization: Bearer k1",
        b"accept-encoding: identity",
        b"content-length: 2",
        b"x-request-id: req_1",
        b"x-carried: 1",
        b"accept: application/json",
    }
    assert dial.ping.startswith(b"GET /base/v1/models HTTP/1.1\r\n")
    assert dial.ping.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    ("url", "address", "tls"),
    [
        ("https://api.example.com/v1", Address("api.example.com", 443), True),
        ("http://[::1]/v1", Address("::1", 80), False),
    ],
)
def test_ports_and_tls_follow_the_scheme(url: str, address: Address, tls: bool) -> None:
    dial = table(endpoint("a", url)).get("a")
    assert dial is not None
    assert (dial.address, dial.tls) == (address, tls)


@pytest.mark.parametrize("value", ["", "k\r\nx-evil: 1", "k\x00", "schlüssel"])
def test_an_endpoint_without_its_secret_is_unusable_and_says_why(value: str) -> None:
    dials = table(endpoint("a", "http://h/v1", secret="env:THE_KEY"), THE_KEY=value)
    dial = dials.get("a")
    assert dial is not None
    assert dial.ways(CHAT.name, "chat") == ()
    assert "THE_KEY" in dials.problems()["a"]
    assert not value or value not in dials.problems()["a"]


def test_an_unknown_provider_is_told_with_those_installed() -> None:
    dials = table(endpoint("a", "http://h/v1", provider="nobody"))
    assert dials.problems() == {"a": "no provider is called 'nobody'; known here: selfhosted"}


def test_a_key_that_cannot_be_used_beside_others_is_told_by_its_name() -> None:
    good = Credential(name="good", provider="selfhosted", env="GOOD")
    bad = Credential(name="bad", provider="selfhosted", env="MISSING")
    keyed = msgspec.structs.replace(endpoint("a", "http://h/v1"), credentials=("good", "bad"))
    lost = msgspec.structs.replace(endpoint("b", "http://h/v1"), credentials=("bad",))
    catalog = Catalog.of(Desired.EMPTY.changed((CHAT, EMBED, keyed, lost, good, bad), (), 1))
    dials = DialTable.of(catalog, PROVIDERS, Opener.of({"GOOD": "s3cret"}))
    reason = "Credential/bad: the environment variable MISSING is not set on this node"
    assert dials.bad_keys() == {"a": (reason,)}
    assert dials.problems() == {"b": reason}
    dial = dials.get("a")
    assert dial is not None
    assert [way.secret.name for way in dial.ways(CHAT.name, "chat")] == ["good"]


def test_an_endpoint_at_a_host_that_its_key_is_not_for_is_unusable_and_says_why() -> None:
    key = Credential(name="main", provider="public", env="A_KEY")
    here, elsewhere = (
        replace(endpoint(name, url, provider="public"), credentials=("main",))
        for name, url in (("a", "https://api.example.com/v1"), ("b", "https://evil.test/v1"))
    )
    catalog = Catalog.of(Desired.EMPTY.changed((CHAT, EMBED, here, elsewhere, key), (), 1))
    public = Host(name="public", speaks=(CHAT_BACK,), base_url="https://api.example.com/v1")
    dials = DialTable.of(catalog, {"public": public}, Opener.of({"A_KEY": "s3cret"}))
    assert list(dials.problems()) == ["b"]
    assert "not of public's public service" in dials.problems()["b"]
    assert "s3cret" not in dials.problems()["b"]
    lost = dials.get("b")
    assert lost is not None
    assert lost.ways(CHAT.name, "chat") == ()
    assert lost.ping == b""


def test_a_task_that_the_provider_lacks_is_not_dialled() -> None:
    one = endpoint("a", "http://h/v1", provider="chatty")
    catalog = Catalog.of(Desired.EMPTY.changed((CHAT, EMBED, one), (), 1))
    chatty = {"chatty": Host(name="chatty", speaks=(CHAT_BACK,))}
    dials = DialTable.of(catalog, chatty, Opener.of({}))
    dial = dials.get("a")
    assert dial is not None
    assert len(dial.ways(CHAT.name, "chat")) == 1
    assert dial.ways(EMBED.name, "embeddings") == ()
    assert dials.problems() == {}


def test_a_host_without_a_dialect_of_the_client_is_asked_in_its_own() -> None:
    dial = table(endpoint("a", "http://h/v1")).get("a")
    assert dial is not None
    (way,) = dial.ways(CHAT.name, "messages")
    assert way.back.name == "chat"
    assert dial.ways(CHAT.name, "messages")[0] is way


def test_a_provider_may_need_options() -> None:
    one = endpoint("a", "http://h/v1", provider="cloud")
    catalog = Catalog.of(Desired.EMPTY.changed((CHAT, EMBED, one), (), 1))
    cloud = {"cloud": Host(name="cloud", speaks=(CHAT_BACK,), needs=("project",))}
    problems = DialTable.of(catalog, cloud, Opener.of({})).problems()
    assert problems == {"a": "the provider cloud needs the option 'project'"}


class Signer(Host):
    def sign(
        self, outgoing: Outgoing, secret: str, at_unix_s: float
    ) -> tuple[tuple[str, str], ...]:
        return (("x-signed", f"{outgoing.path} {len(outgoing.body)} {secret} {at_unix_s:g}"),)


def test_a_host_may_sign_each_request() -> None:
    one = endpoint("a", "http://h/v1", provider="signing", secret="env:THE_KEY")
    catalog = Catalog.of(Desired.EMPTY.changed((CHAT, EMBED, one), (), 1))
    signing = {"signing": Signer(name="signing", speaks=(CHAT_BACK,), auth="none", signs=True)}
    dial = DialTable.of(catalog, signing, Opener.of({"THE_KEY": "k1"})).get("a")
    assert dial is not None
    request = dial.ways(CHAT.name, "chat")[0].request(asked(), b"{}", "req_1", 7.0)
    assert b"\r\nx-signed: /v1/chat/completions 2 k1 7\r\n" in request
    assert b"authorization" not in request


def test_a_dial_is_never_printed_with_its_secret() -> None:
    dials = table(endpoint("a", "http://h/v1", secret="env:THE_KEY"), THE_KEY="s3cret")
    assert "s3cret" not in f"{dials.get('a')!r} {dials!r}"


@pytest.mark.parametrize(
    ("url", "options", "region"),
    [
        ("https://eu.api.example.com/v1", {}, "eu"),
        ("https://api.example.com/v1", {}, None),
        ("https://10.0.0.1/v1", {}, None),
        ("https://h/v1", {"region": "us-east-1"}, "us-east-1"),
        ("https://h/v1", {"location": "europe-west4", "project": "p"}, "europe-west4"),
    ],
)
def test_prices_are_those_of_the_providers_own_region(
    url: str, options: dict[str, str], region: str | None
) -> None:
    one = replace(endpoint("a", url), region="iad", options=options)
    dial = table(one).get("a")
    assert dial is not None
    assert dial.billed_in == region


def test_a_way_in_a_log_shows_no_key() -> None:
    dials = table(endpoint("a", "http://10.0.0.1/v1", secret="env:THE_KEY"), THE_KEY="sk-1")
    dial = dials.get("a")
    assert dial is not None
    (way,) = dial.ways(CHAT.name, "chat")
    assert b"sk-1" in way.request(asked(), b"{}", "req_1", 0.0)
    assert "sk-1" not in repr(way)


def test_a_clients_headers_go_to_hosts_of_its_own_dialect_only() -> None:
    dial = table(endpoint("a", "http://10.0.0.1/v1")).get("a")
    assert dial is not None
    (way,) = dial.ways(CHAT.name, "chat")
    request = ClientRequest(dialect="messages", task="chat", model="m", stream=False, body={})
    foreign = Ask(MESSAGES_FRONT, request, b"anthropic-beta: x\r\n")
    assert b"anthropic-beta" not in way.request(foreign, b"{}", "req_1", 0.0)

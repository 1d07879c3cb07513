"""Prebuilt request heads, and endpoints that cannot be used."""

import pytest

from tests.fakes.pop import PROVIDERS, endpoint
from weftline_core.catalog import Catalog
from weftline_core.desired import Desired, Endpoint, ref
from weftline_core.provider import OpenAiHost
from weftline_node.dial import DialTable
from weftline_node.ports import Address


def table(*endpoints: Endpoint, **environ: str) -> DialTable:
    catalog = Catalog.of(Desired(revision=1, resources={ref(e): e for e in endpoints}))
    return DialTable.of(catalog, PROVIDERS, environ)


def test_a_request_is_a_prebuilt_head_and_a_body() -> None:
    dials = table(endpoint("a", "http://10.0.0.1:81/base/v1/", secret="env:THE_KEY"), THE_KEY="k1")
    dial = dials.usable("a", "chat")
    assert dial is not None
    assert (dial.address, dial.tls) == (Address("10.0.0.1", 81), False)
    head, _, body = dial.request("chat", b"{}", "req_1").partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    assert first == b"POST /base/v1/chat/completions HTTP/1.1"
    assert body == b"{}"
    assert set(lines) >= {
        b"host: 10.0.0.1:81",
        b"authorization: Bearer k1",
        b"accept-encoding: identity",
        b"content-length: 2",
        b"x-request-id: req_1",
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
    assert dials.usable("a", "chat") is None
    assert "THE_KEY" in dials.problems()["a"]
    assert not value or value not in dials.problems()["a"]


def test_an_unknown_provider_is_told_with_those_installed() -> None:
    dials = table(endpoint("a", "http://h/v1", provider="nobody"))
    assert dials.problems() == {"a": "no provider is called 'nobody'; installed: selfhosted"}


def test_a_task_that_the_provider_lacks_is_not_dialled() -> None:
    one = endpoint("a", "http://h/v1", provider="chatty")
    catalog = Catalog.of(Desired(revision=1, resources={ref(one): one}))
    dials = DialTable.of(catalog, {"chatty": OpenAiHost(name="chatty", tasks=("chat",))}, {})
    assert dials.usable("a", "chat") is not None
    assert dials.usable("a", "embeddings") is None
    assert dials.problems() == {}


def test_a_dial_is_never_printed_with_its_secret() -> None:
    dials = table(endpoint("a", "http://h/v1", secret="env:THE_KEY"), THE_KEY="s3cret")
    assert "s3cret" not in f"{dials.get('a')!r} {dials!r}"

"""A key is shown at its hosts and nowhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftline_core.key_hosts import host_of, host_problem, is_among, public_hosts

LABELS = st.from_regex(r"[a-z][a-z0-9]{0,5}", fullmatch=True)
NAMES = st.lists(LABELS, min_size=1, max_size=4).map(".".join)


@pytest.mark.parametrize(
    "host", ["h", "api.example.com", "*.example.com", "*.internal", "10.0.0.1", "::1", "a_b.c-d"]
)
def test_what_a_host_may_be(host: str) -> None:
    assert host_problem(host) is None


@pytest.mark.parametrize(
    "host",
    [
        "",
        "*",
        "*.",
        "*example.com",
        "a.*.com",
        "*.*.com",
        "*.0.1",
        "*.::1",
        "API.example.com",
        "example.com.",
        ".example.com",
        "a..b",
        "h:443",
        "https://h",
        "h/v1",
        "h\n",
        "schl\u00fcssel.example",
        "a" * 254,
    ],
)
def test_what_is_no_host_is_told(host: str) -> None:
    problem = host_problem(host)
    assert problem is not None
    assert "is no host" in problem
    assert problem.isprintable()


@pytest.mark.parametrize(
    ("host", "hosts", "among"),
    [
        ("h", ("h",), True),
        ("h", (), False),
        ("h", ("a", "h"), True),
        ("a.example.com", ("*.example.com",), True),
        ("a.b.example.com", ("*.example.com",), True),
        ("example.com", ("*.example.com",), False),
        (".example.com", ("*.example.com",), False),
        ("badexample.com", ("*.example.com",), False),
        ("a.example.com.evil.test", ("*.example.com",), False),
        ("a.example.com", ("example.com",), False),
    ],
)
def test_which_hosts_are_among_them(host: str, hosts: tuple[str, ...], among: bool) -> None:
    assert is_among(host, hosts) is among


@given(NAMES, NAMES)
def test_only_what_lies_below_is_below(host: str, suffix: str) -> None:
    labels, wanted = host.split("."), suffix.split(".")
    below = len(labels) > len(wanted) and labels[-len(wanted) :] == wanted
    assert is_among(host, (f"*.{suffix}",)) is below
    assert is_among(f"{host}.{suffix}", (f"*.{suffix}",))


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://API.Example.com:8443/v1", "api.example.com"),
        ("http://[::1]:80/v1", "::1"),
        ("http://10.0.0.1", "10.0.0.1"),
    ],
)
def test_the_host_of_a_url(url: str, host: str) -> None:
    assert host_of(url) == host


def test_the_public_hosts_of_a_provider() -> None:
    assert public_hosts(None, {}) == frozenset()
    assert public_hosts("https://a/v1", {"eu": "https://b/v1", "us": "https://a/v2"}) == {"a", "b"}
    assert public_hosts(None, {"eu": "https://b/v1"}) == {"b"}

"""Requests are signed to the byte as Amazon's own library signs them."""

from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from tests.fakes import botocore_oracle
from weftline_core.sigv4 import AwsKeys, Scope, Signable, signature_headers

WORDS = st.text("abcXYZ019-._~/+= :", max_size=12)
SEGMENTS = st.lists(st.sampled_from(["model", "..", ".", "", "a:0", "é", "a b", "arn:x/y"]))
QUERIES = st.lists(st.tuples(st.sampled_from(["a", "b", "a-b"]), WORDS), max_size=4)
HEADERS = st.dictionaries(
    st.sampled_from(["content-type", "X-Amzn-Bedrock-Trace", "accept"]),
    st.text("ab ;\t/", max_size=9),
)
KEYS = st.builds(
    AwsKeys,
    st.just("AKIDEXAMPLE"),
    st.text("aB3/+", min_size=1, max_size=40),
    st.none() | st.text("aB3/+=", min_size=1, max_size=20),
)


@given(
    segments=SEGMENTS,
    query=QUERIES,
    headers=HEADERS,
    body=st.binary(max_size=40),
    keys=KEYS,
    at_unix_s=st.integers(0, 4_000_000_000),
)
def test_the_signature_is_botocores(
    segments: list[str],
    query: list[tuple[str, str]],
    headers: dict[str, str],
    body: bytes,
    keys: AwsKeys,
    at_unix_s: int,
) -> None:
    path = "/" + "/".join(quote(segment, safe="") for segment in segments)
    asked = "&".join(f"{name}={quote(value, safe='')}" for name, value in query)
    host = "bedrock-runtime.us-east-1.amazonaws.com"
    url = f"https://{host}{path}" + (f"?{asked}" if asked else "")
    scope = Scope("us-east-1", "bedrock")
    wanted = botocore_oracle.signed(url, headers, body, keys, scope, at_unix_s)
    ours = signature_headers(
        Signable(method="post", host=host, path=path, query=asked, headers=headers, body=body),
        keys,
        scope,
        at_unix_s + 0.5,
    )
    given_too = {name.lower() for name in headers}
    assert dict(ours) == {name: wanted[name] for name in wanted.keys() - given_too}


def test_every_part_of_a_request_is_signed() -> None:
    base = {"method": "POST", "host": "h", "path": "/a", "query": "q=1", "body": b"x"}
    keys, scope = AwsKeys("AKID", "secret"), Scope("eu-west-1", "bedrock")

    def signed(scope: Scope = scope, at_unix_s: float = 0.0, **change: object) -> str:
        request = Signable(**(base | change))  # type: ignore[arg-type]
        return dict(signature_headers(request, keys, scope, at_unix_s))["authorization"]

    first = signed()
    assert first == signed()
    assert "Credential=AKID/19700101/eu-west-1/bedrock/aws4_request" in first
    assert "SignedHeaders=host;x-amz-date," in first
    others = [
        signed(method="GET"),
        signed(host="i"),
        signed(path="/b"),
        signed(query="q=2"),
        signed(body=b"y"),
        signed(at_unix_s=1.0),
        signed(scope=Scope("eu-west-2", "bedrock")),
        signed(headers={"a": "b"}),
    ]
    assert len({first, *others}) == len(others) + 1


def test_an_encoded_path_is_encoded_once_more() -> None:
    once = Signable(method="POST", host="h", path="/model/a%3A0/converse")
    twice = Signable(method="POST", host="h", path="/model/a:0/converse")
    keys, scope = AwsKeys("AKID", "secret"), Scope("us-east-1", "bedrock")
    assert signature_headers(once, keys, scope, 0) != signature_headers(twice, keys, scope, 0)


def test_a_secret_is_not_shown() -> None:
    shown = repr(AwsKeys("AKID", "secret", "token"))
    assert "AKID" in shown
    assert "secret" not in shown
    assert "token" not in shown

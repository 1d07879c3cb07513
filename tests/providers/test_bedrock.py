"""Bedrock: an API key is shown, a key pair signs."""

import pytest

from tests.fakes import botocore_oracle
from weftline_core.dialects.dialect import Target
from weftline_core.errors import OperatorError
from weftline_core.failures import Failure
from weftline_core.hosts import Outgoing, back_for
from weftline_core.sigv4 import AwsKeys, Scope
from weftline_providers.bedrock import CLAUDE, HOST

CONVERSE = HOST.speaks[0]
CLAUDE_MODEL = "us.anthropic.claude-sonnet-4-6"
PAIR = "AKIDEXAMPLE123456:wJalr+XUtn/FEMI"
LENT = f"{PAIR}:FwoGZX+/:Ivc="
API_KEY = "ABSKQmVkcm9ja0FQSUtleS=="
HOSTNAME = "bedrock-runtime.eu-central-1.amazonaws.com"
OUTGOING = Outgoing(host=HOSTNAME, path="/model/a.b%3A0/converse", body=b'{"messages":[]}')


@pytest.mark.parametrize(
    ("secret", "keys"),
    [
        (PAIR, AwsKeys("AKIDEXAMPLE123456", "wJalr+XUtn/FEMI")),
        (LENT, AwsKeys("AKIDEXAMPLE123456", "wJalr+XUtn/FEMI", "FwoGZX+/:Ivc=")),
    ],
)
def test_a_key_pair_signs_as_amazons_own_library_does(secret: str, keys: AwsKeys) -> None:
    assert HOST.signs
    assert HOST.headers(CONVERSE, secret) == ()
    url = f"https://{HOSTNAME}{OUTGOING.path}"
    scope = Scope("eu-central-1", "bedrock")
    wanted = botocore_oracle.signed(url, {}, OUTGOING.body, keys, scope, 1.7e9)
    signed = dict(HOST.sign(OUTGOING, secret, 1.7e9))
    assert signed == wanted
    assert "wJalr" not in str(signed)


def test_an_api_key_is_shown_and_signs_nothing() -> None:
    assert HOST.headers(CONVERSE, API_KEY) == (("authorization", f"Bearer {API_KEY}"),)
    assert HOST.sign(OUTGOING, API_KEY, 1.7e9) == ()
    assert HOST.headers(CONVERSE, None) == ()


@pytest.mark.parametrize(
    ("host", "region"),
    [
        (HOSTNAME, "eu-central-1"),
        ("bedrock-runtime-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
        ("vpce-0a1-b2.bedrock-runtime.us-east-1.vpce.amazonaws.com:443", "us-east-1"),
        ("bedrock-runtime.us-west-2.api.aws", "us-west-2"),
    ],
)
def test_the_address_names_the_region(host: str, region: str) -> None:
    signed = HOST.sign(Outgoing(host=host, path="/", body=b""), PAIR, 0.0)
    assert f"/{region}/bedrock/aws4_request" in dict(signed)["authorization"]


def test_the_option_names_it_where_the_address_does_not() -> None:
    options = {"region": "ap-south-1"}
    signed = HOST.sign(Outgoing(host="proxy", path="/", body=b"", options=options), PAIR, 0.0)
    assert "/ap-south-1/bedrock/" in dict(signed)["authorization"]
    with pytest.raises(OperatorError, match="region"):
        HOST.sign(Outgoing(host="proxy:8080", path="/", body=b""), PAIR, 0.0)


def test_a_query_is_signed_as_such() -> None:
    plain = HOST.sign(Outgoing(host=HOSTNAME, path="/a?b=1", body=b""), PAIR, 0.0)
    url = f"https://{HOSTNAME}/a?b=1"
    keys = AwsKeys(*PAIR.split(":"))
    assert dict(plain) == botocore_oracle.signed(
        url, {}, b"", keys, Scope("eu-central-1", "bedrock"), 0.0
    )


def test_regions_have_addresses_of_their_own() -> None:
    assert HOST.base_url is None
    assert HOST.key_env == "AWS_BEARER_TOKEN_BEDROCK"
    assert HOST.regions["eu-central-1"] == f"https://{HOSTNAME}"
    assert HOST.regions == {region: botocore_oracle.address(region) for region in HOST.regions}
    assert HOST.regions.keys() <= botocore_oracle.regions()


def test_claude_is_asked_in_its_own_dialect_by_its_own_clients_only() -> None:
    assert back_for(HOST, CLAUDE_MODEL, "chat", "messages") is CLAUDE
    assert back_for(HOST, CLAUDE_MODEL, "chat", "chat") is CONVERSE
    assert back_for(HOST, "amazon.nova-pro-v1:0", "chat", "messages") is CONVERSE
    assert back_for(HOST, CLAUDE_MODEL, "embeddings", "embeddings") is None


def test_claudes_dialect_has_amazons_paths_body_and_errors() -> None:
    target = Target(model="anthropic.claude-v1:0")
    assert HOST.path(CLAUDE, target, stream=False) == "/model/anthropic.claude-v1%3A0/invoke"
    assert HOST.path(CLAUDE, target, stream=True) == (
        "/model/anthropic.claude-v1%3A0/invoke-with-response-stream"
    )
    body: dict[str, object] = {"model": "x", "stream": True, "max_tokens": 1, "messages": []}
    CLAUDE.own(body, target, stream=True)
    assert body == {"max_tokens": 1, "messages": [], "anthropic_version": "bedrock-2023-05-31"}
    assert CLAUDE.framing == "eventstream"
    headers = {b"x-amzn-errortype": b"ServiceQuotaExceededException"}
    assert CLAUDE.verdict(400, headers, b"{}", 0.0).failure is Failure.QUOTA

"""Vertex AI: paths of a project, the dialect of the model's maker, tokens signed here."""

import base64
from typing import cast

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from weftline_core import service_account
from weftline_core.dialects.dialect import Target
from weftline_core.errors import OperatorError
from weftline_core.hosts import Outgoing
from weftline_providers.vertex import HOST, TOKEN_LIFE_S, TOKEN_STEP_S

OPTIONS = {"project": "my-project", "location": "europe-west4"}
PLACE = "/v1/projects/my-project/locations/europe-west4"
OUTGOING = Outgoing(host="h", path="/", body=b"")


@pytest.mark.parametrize(
    ("model", "dialect", "path"),
    [
        (
            "gemini-3.5-flash",
            "generate",
            "/publishers/google/models/gemini-3.5-flash:streamGenerateContent?alt=sse",
        ),
        (
            "claude-opus-5",
            "messages",
            "/publishers/anthropic/models/claude-opus-5:streamRawPredict",
        ),
        ("meta/llama-4", "chat", "/endpoints/openapi/chat/completions"),
    ],
)
def test_a_model_is_asked_in_its_makers_dialect(model: str, dialect: str, path: str) -> None:
    back = HOST.dialects(model)[0]
    assert back.name == dialect
    assert HOST.path(back, Target(model=model, options=OPTIONS), stream=True) == PLACE + path


def test_an_access_token_is_shown_as_it_is() -> None:
    back = HOST.speaks[0]
    assert HOST.headers(back, "ya29.token") == (("authorization", "Bearer ya29.token"),)
    assert HOST.sign(OUTGOING, "ya29.token", 0.0) == ()


def part(text: str) -> dict[str, object]:
    return cast("dict[str, object]", orjson.loads(base64.urlsafe_b64decode(text + "==")))


def account_of(pem: str) -> str:
    fields = {"client_email": "me@my-project", "private_key_id": "k1", "private_key": pem}
    return orjson.dumps(fields).decode()


def test_a_service_account_signs_a_token_an_hour() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    account = account_of(pem)
    assert HOST.headers(HOST.speaks[0], account) == ()
    at_unix_s = 1_790_000_000.5
    ((name, value),) = HOST.sign(OUTGOING, account, at_unix_s)
    assert name == "authorization"
    token = value.removeprefix("Bearer ")
    signed, _, signature = token.rpartition(".")
    key.public_key().verify(
        base64.urlsafe_b64decode(signature + "=="), signed.encode(), PKCS1v15(), SHA256()
    )
    head, claims = (part(text) for text in signed.split("."))
    assert head == {"alg": "RS256", "typ": "JWT", "kid": "k1"}
    issued = cast("int", claims["iat"])
    assert issued <= at_unix_s < issued + TOKEN_STEP_S
    assert claims["exp"] == issued + TOKEN_LIFE_S
    assert claims["iss"] == claims["sub"] == "me@my-project"
    assert HOST.sign(OUTGOING, account, issued + TOKEN_STEP_S - 1) == ((name, value),)
    assert HOST.sign(OUTGOING, account, issued + TOKEN_STEP_S) != ((name, value),)


@pytest.mark.parametrize("secret", ["{}", "{", '{"client_email":1}', '{"private_key":"x"}'])
def test_what_is_no_key_file_is_told_without_quoting_it(secret: str) -> None:
    with pytest.raises(OperatorError, match="no service account's key file"):
        HOST.sign(OUTGOING, secret, 0.0)


def test_nothing_is_kept_of_a_clients_own_account(monkeypatch: pytest.MonkeyPatch) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    account, read = account_of("some"), list[bytes]()

    def load(pem: bytes, **_: object) -> rsa.RSAPrivateKey:
        read.append(pem)
        return key

    monkeypatch.setattr(service_account, "load_pem_private_key", load)
    lent = Outgoing(host="h", path="/", body=b"", lent=True)
    assert HOST.sign(lent, account, 0.0) == HOST.sign(lent, account, 0.0)
    assert len(read) == 2, "it is read anew for each request"
    assert HOST.sign(OUTGOING, account, 0.0) == HOST.sign(OUTGOING, account, 0.0)
    assert len(read) == 3, "and not found among ours, of which one token serves"

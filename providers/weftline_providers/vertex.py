"""Vertex AI: Gemini, Claude and others in a Google Cloud project.

The base URL names the location, as in `https://europe-west4-aiplatform.googleapis.com`; the options
`project` and `location` go into paths. The key is an access token, or a service account's key file
(JSON, in one line): then each hour's token is signed here, which Google takes as it is, and nothing
needs to be fetched.

Sources: google_cloud_aiplatform 2.7.0 and anthropic 2.14.0 (Python SDKs), Google's page on
self-signed JWTs.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, cast
from urllib.parse import quote

import orjson
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from weftline_core.dialects.chat.back import BACK as CHAT
from weftline_core.dialects.dialect import Back, Target
from weftline_core.dialects.embed_content.back import EmbedContentBack
from weftline_core.dialects.generate.back import GenerateBack
from weftline_core.dialects.messages.back import MessagesBack
from weftline_core.errors import OperatorError
from weftline_core.hosts import Host, Outgoing

_SCOPE: Final = "https://www.googleapis.com/auth/cloud-platform"

# Google takes tokens of one hour at most; one signed in the first half of an hour serves until the
# end of the next.
TOKEN_LIFE_S: Final = 3600
TOKEN_STEP_S: Final = 1800

# Signing takes about a millisecond, so that what was signed for this half hour is kept.
TOKENS_KEPT_MAX: Final = 64

# Google makes keys of 2,048 bits. One of 4,096 takes 3 ms to sign with and 3.3 KB in PEM; longer
# ones hold everybody up, and a client may bring its own.
KEY_BITS_MAX: Final = 4096
KEY_CHARS_MAX: Final = 4096

_GENERATE = GenerateBack(models_path="/publishers/google/models/")
_EMBED = EmbedContentBack(models_path="/publishers/google/models/")
_CLAUDE = MessagesBack(
    answer_path="/publishers/anthropic/models/{model}:rawPredict",
    stream_path="/publishers/anthropic/models/{model}:streamRawPredict",
    model_in_body=False,
    anthropic_version="vertex-2023-10-16",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class VertexHost(Host):
    """A host whose paths begin with a project, and whose dialect is the model's maker's."""

    def dialects(self, model: str) -> tuple[Back, ...]:
        """Return the dialect of the model's maker: `claude-...` is Anthropic's, `maker/model` is
        asked in OpenAI's, all else is Google's.
        """
        if model.startswith("claude"):
            return (_CLAUDE,)
        return (CHAT,) if "/" in model else (_GENERATE, _EMBED)

    def path(self, back: Back, target: Target, *, stream: bool) -> str:
        """Return the path below the base URL."""
        project, location = (quote(target.options[name], safe="") for name in self.needs)
        place = f"/v1/projects/{project}/locations/{location}"
        middle = "/endpoints/openapi" if back.name == CHAT.name else ""
        return f"{place}{middle}{back.path(target, stream=stream)}"

    def headers(self, back: Back, secret: str | None) -> tuple[tuple[str, str], ...]:
        """Return the bearer header of an access token; a service account signs instead."""
        if not secret or secret.startswith("{"):
            return ()
        return Host.headers(self, back, secret)

    def sign(
        self, outgoing: Outgoing, secret: str, at_unix_s: float
    ) -> tuple[tuple[str, str], ...]:
        """Return the bearer header with a token that the service account has signed."""
        if not secret.startswith("{"):
            return ()
        issued_unix_s = int(at_unix_s) // TOKEN_STEP_S * TOKEN_STEP_S
        # Of a client's own key nothing is kept, nor does it push ours out.
        signed = _signed if outgoing.lent else _token
        return (("authorization", f"Bearer {signed(secret, issued_unix_s)}"),)


def _signed(account: str, issued_unix_s: int) -> str:
    """Return a token of a service account.

    Raises:
        OperatorError: the secret is no service account's key.
    """
    try:
        fields = cast("dict[str, str]", orjson.loads(account))
        email, key_id = fields["client_email"], fields["private_key_id"]
        pem = fields["private_key"][:KEY_CHARS_MAX].encode()
        # Whether it is a good key shows at Google. To find out here takes 50 ms for 2,048 bits and
        # 10 s for 8,192, while everybody waits.
        key = load_pem_private_key(pem, password=None, unsafe_skip_rsa_key_validation=True)
    except (ValueError, KeyError, TypeError, AttributeError, UnsupportedAlgorithm):
        raise OperatorError("the key of the endpoint is no service account's key file") from None
    if not isinstance(key, RSAPrivateKey) or key.key_size > KEY_BITS_MAX:
        raise OperatorError(
            f"the service account's private key is no RSA key of up to {KEY_BITS_MAX} bits"
        )
    head = {"alg": "RS256", "typ": "JWT", "kid": key_id}
    claims = {
        "iss": email,
        "sub": email,
        "scope": _SCOPE,
        "iat": issued_unix_s,
        "exp": issued_unix_s + TOKEN_LIFE_S,
    }
    signed = f"{_part(head)}.{_part(claims)}"
    try:
        signature = key.sign(signed.encode(), PKCS1v15(), SHA256())
    except ValueError:
        raise OperatorError("the service account's private key cannot sign") from None
    return f"{signed}.{_text(signature)}"


_token = lru_cache(maxsize=TOKENS_KEPT_MAX)(_signed)


def _part(fields: Mapping[str, object]) -> str:
    return _text(orjson.dumps(fields))


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


HOST = VertexHost(
    name="vertex",
    speaks=(_GENERATE, _EMBED, _CLAUDE, CHAT),
    needs=("project", "location"),
    probe_path=None,
    signs=True,
)

"""Vertex AI: Gemini, Claude and others in a Google Cloud project.

The base URL names the location, as in `https://europe-west4-aiplatform.googleapis.com`; the options
`project` and `location` go into paths. The key is an access token, or a service account's key file
(JSON, in one line): then each hour's token is signed here, which Google takes as it is, and nothing
needs to be fetched.

Sources: google_cloud_aiplatform 2.7.0 and anthropic 2.14.0 (Python SDKs), Google's page on
self-signed JWTs.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import quote

from weftline_core.dialects.chat.back import BACK as CHAT
from weftline_core.dialects.dialect import Back, Target
from weftline_core.dialects.embed_content.back import EmbedContentBack
from weftline_core.dialects.generate.back import GenerateBack
from weftline_core.dialects.messages.back import MessagesBack
from weftline_core.hosts import Host, Outgoing

# Google takes tokens of one hour at most; one signed in the first half of an hour serves until the
# end of the next.
TOKEN_LIFE_S: Final = 3600
TOKEN_STEP_S: Final = 1800

# Signing takes about a millisecond, so that what was signed for this half hour is kept.
TOKENS_KEPT_MAX: Final = 64


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
    # Late: the cipher takes 8 MB, which only those with a service account need pay.
    from weftline_core.service_account import token  # noqa: PLC0415

    return token(account, issued_unix_s, TOKEN_LIFE_S)


_token = lru_cache(maxsize=TOKENS_KEPT_MAX)(_signed)


HOST = VertexHost(
    name="vertex",
    speaks=(_GENERATE, _EMBED, _CLAUDE, CHAT),
    needs=("project", "location"),
    probe_path=None,
    signs=True,
)

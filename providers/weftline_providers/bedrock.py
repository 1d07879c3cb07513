"""Amazon Bedrock: models of all makers in Converse, Claude in its own dialect too.

The base URL names the region, as in `https://bedrock-runtime.eu-central-1.amazonaws.com`; where it
does not, as behind another proxy, the option `region` does. The secret is a Bedrock API key, which
is shown, or a key pair, which signs every request: `ACCESS_KEY_ID:SECRET_ACCESS_KEY`, and
`:SESSION_TOKEN` behind that if it is lent.

Sources: botocore 1.44 (`bedrock-runtime` of 2023-09-30), recorded event streams.
"""

import re
from dataclasses import dataclass
from typing import Final

from weftline_core.dialects.converse.back import BACK as CONVERSE
from weftline_core.dialects.dialect import Back
from weftline_core.dialects.messages.back import MessagesBack
from weftline_core.errors import OperatorError
from weftline_core.hosts import Host, Outgoing
from weftline_core.sigv4 import AwsKeys, Scope, Signable, signature_headers

SERVICE: Final = "bedrock"

_PAIR: Final = re.compile(r"([A-Z0-9]{16,128}):([^:\s]+)(?::(\S+))?")
_REGION: Final = re.compile(r"(?:^|\.)([a-z]{2,4}(?:-[a-z]+)+-[0-9])\.")
_REGIONS: Final = (
    "us-east-1",
    "us-east-2",
    "us-west-2",
    "ca-central-1",
    "sa-east-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
)


# Source: the client for Bedrock in anthropic 2.14.0.
CLAUDE: Final = MessagesBack(
    answer_path="/model/{model}/invoke",
    stream_path="/model/{model}/invoke-with-response-stream",
    model_in_body=False,
    stream_in_body=False,
    anthropic_version="bedrock-2023-05-31",
    framing="eventstream",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BedrockHost(Host):
    """A host that shows an API key or has each request signed, as the secret is."""

    def dialects(self, model: str) -> tuple[Back, ...]:
        """Return Converse, and for `anthropic.claude-...`, also with a region's prefix, Claude's
        own dialect.
        """
        return self.speaks if "anthropic." in model else (CONVERSE,)

    def headers(self, back: Back, secret: str | None) -> tuple[tuple[str, str], ...]:
        """Return the bearer header of an API key; a key pair is never shown."""
        if not secret or _PAIR.fullmatch(secret):
            return ()
        return Host.headers(self, back, secret)

    def sign(
        self, outgoing: Outgoing, secret: str, at_unix_s: float
    ) -> tuple[tuple[str, str], ...]:
        """Return the signature of a key pair; nothing for an API key.

        Raises:
            OperatorError: nothing says of which region the endpoint is.
        """
        pair = _PAIR.fullmatch(secret)
        if pair is None:
            return ()
        path, _, query = outgoing.path.partition("?")
        request = Signable(
            method="POST", host=outgoing.host, path=path, query=query, body=outgoing.body
        )
        scope = Scope(_region(outgoing), SERVICE)
        return signature_headers(request, AwsKeys(*pair.groups()), scope, at_unix_s)


def _region(outgoing: Outgoing) -> str:
    if region := outgoing.options.get("region"):
        return region
    named = _REGION.search(outgoing.host)
    if named is None:
        raise OperatorError(
            "the address of a Bedrock endpoint names no region: give its options a `region`"
        )
    return named[1]


HOST = BedrockHost(
    name="bedrock",
    speaks=(CONVERSE, CLAUDE),
    key_env="AWS_BEARER_TOKEN_BEDROCK",
    regions={name: f"https://bedrock-runtime.{name}.amazonaws.com" for name in _REGIONS},
    # What lists the models is another service of Amazon's, at another address.
    probe_path=None,
    signs=True,
)

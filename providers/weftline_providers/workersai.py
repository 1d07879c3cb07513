"""Cloudflare Workers AI, in its own dialects and in OpenAI's.

The account stands in every path: in the base URL, as in
`https://api.cloudflare.com/client/v4/accounts/ACCOUNT`, or else in the option `account_id`, below
`https://api.cloudflare.com/client/v4`.

Sources: Cloudflare's "Workers AI" and "AI Gateway REST API" pages of May 2026.
"""

from dataclasses import dataclass
from urllib.parse import quote

from weftline_core.dialects.chat.back import BACK as CHAT
from weftline_core.dialects.dialect import Back, Target
from weftline_core.dialects.workers_ai.back import BACK as RUN
from weftline_core.dialects.workers_ai_embed.back import BACK as EMBED
from weftline_core.hosts import Host


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkersAiHost(Host):
    """A host whose paths begin with an account."""

    def path(self, back: Back, target: Target, *, stream: bool) -> str:
        """Return the path below the base URL."""
        path = Host.path(self, back, target, stream=stream)
        account = target.options.get("account_id")
        return path if account is None else f"/accounts/{quote(account, safe='')}{path}"


HOST = WorkersAiHost(
    name="workersai",
    speaks=(RUN, EMBED, CHAT),
    paths={CHAT.name: "/ai/v1/chat/completions"},
    key_env="CLOUDFLARE_API_TOKEN",
    # The account may stand in an option, which probes do not see.
    probe_path=None,
)

"""Azure OpenAI. Everybody has a resource of their own, and a region is a property of it.

With the base URL `https://RESOURCE.openai.azure.com/openai/v1` the model there is the deployment's
name. With the option `api_version` the older layout is used, where the deployment stands in the
path; then the base URL ends in `/openai`.

Source: Microsoft's documentation of 2026.
"""

from dataclasses import dataclass
from urllib.parse import quote

from weftline_core.dialects.chat.back import ChatCompletionsBack
from weftline_core.dialects.chat.request_write import Manners
from weftline_core.dialects.dialect import Back, Target
from weftline_core.dialects.embeddings.back import BACK as EMBEDDINGS
from weftline_core.dialects.losses import OPENAI_CHAT
from weftline_core.dialects.responses.back import BACK as RESPONSES
from weftline_core.hosts import Host


@dataclass(frozen=True, slots=True, kw_only=True)
class AzureHost(Host):
    """A host whose older layout has the deployment in its paths."""

    def path(self, back: Back, target: Target, *, stream: bool) -> str:
        """Return the path below the base URL."""
        path = back.path(target, stream=stream)
        version = target.options.get("api_version")
        if version is None:
            return path
        version = quote(version, safe="")
        if back.name == "responses":
            return f"{path}?api-version={version}"
        return f"/deployments/{quote(target.model, safe='')}{path}?api-version={version}"


HOST = AzureHost(
    name="azure",
    speaks=(
        ChatCompletionsBack(
            losses=OPENAI_CHAT, manners=Manners(max_tokens="max_completion_tokens")
        ),
        RESPONSES,
        EMBEDDINGS,
    ),
    auth="api-key",
    renames=(("max_tokens", "max_completion_tokens"),),
    probe_path=None,
)

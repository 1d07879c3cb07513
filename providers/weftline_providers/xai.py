"""xAI. The global host finds its own nearest region; it offers no embeddings.

Sources: xai_sdk 1.21.0, xAI's API documentation of 2026.
"""

from weftline_core.dialects.chat.back import ChatCompletionsBack
from weftline_core.dialects.chat.request_write import Manners
from weftline_core.dialects.chat.usage import xai
from weftline_core.dialects.responses.back import BACK as RESPONSES
from weftline_core.hosts import Host

HOST = Host(
    name="xai",
    speaks=(
        ChatCompletionsBack(usage_of=xai, manners=Manners(max_tokens="max_completion_tokens")),
        RESPONSES,
    ),
    base_url="https://api.x.ai/v1",
    key_env="XAI_API_KEY",
    regions={"us": "https://us.api.x.ai/v1"},
)

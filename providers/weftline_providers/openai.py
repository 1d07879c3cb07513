"""OpenAI.

Sources: openai 3.54.0 (Python SDK) and openai/openai-openapi `openapi.yaml` of 2026-08-21.
"""

from weftline_core.dialects.chat.back import ChatCompletionsBack
from weftline_core.dialects.chat.request_write import Manners
from weftline_core.dialects.embeddings.back import BACK as EMBEDDINGS
from weftline_core.dialects.losses import OPENAI_CHAT
from weftline_core.dialects.responses.back import BACK as RESPONSES
from weftline_core.hosts import Host

HOST = Host(
    name="openai",
    speaks=(
        ChatCompletionsBack(
            losses=OPENAI_CHAT,
            manners=Manners(max_tokens="max_completion_tokens", user="safety_identifier"),
        ),
        RESPONSES,
        EMBEDDINGS,
    ),
    base_url="https://api.openai.com/v1",
    # Of projects whose data stay there.
    regions={name: f"https://{name}.api.openai.com/v1" for name in ("ae", "au", "eu", "in", "us")},
    key_env="OPENAI_API_KEY",
    # Its reasoning models refuse the old name; every model takes the new one.
    renames=(("max_tokens", "max_completion_tokens"),),
    # What its imitators and their SDKs put into messages; clients send it back.
    message_drops=frozenset({"prefix", "reasoning", "reasoning_content", "reasoning_details"}),
    counts=frozenset({"responses"}),
)

"""Ollama. Its own API is not used: the one in OpenAI's dialect does the same, as events.

It takes no `tool_choice`, no image by URL, and counts no tokens.

Source: Ollama's repository of 2026-08-21.
"""

from weftline_core.chat.features import Feature
from weftline_core.dialects.chat.back import ChatCompletionsBack
from weftline_core.dialects.embeddings.back import BACK as EMBEDDINGS
from weftline_core.dialects.losses import CHAT, DROP, REFUSE
from weftline_core.hosts import Host

HOST = Host(
    name="ollama",
    speaks=(
        ChatCompletionsBack(
            losses=CHAT
            | {
                Feature.IMAGE_URL: REFUSE,
                Feature.CHOICES: REFUSE,
                Feature.LOGIT_BIAS: DROP,
                Feature.TOOL_CHOICE: DROP,
                Feature.USER_ID: DROP,
            }
        ),
        EMBEDDINGS,
    ),
    drops=frozenset({"logit_bias", "tool_choice", "user"}),
)

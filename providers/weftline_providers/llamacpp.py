"""The server of llama.cpp. It speaks OpenAI's and Anthropic's dialects by itself.

Source: llama.cpp's server and its README, as of 2026.
"""

from weftline_core.dialects.chat.back import BACK as CHAT
from weftline_core.dialects.embeddings.back import BACK as EMBEDDINGS
from weftline_core.dialects.messages.back import BACK as MESSAGES
from weftline_core.dialects.responses.back import BACK as RESPONSES
from weftline_core.hosts import Host

HOST = Host(
    name="llamacpp",
    speaks=(CHAT, MESSAGES, RESPONSES, EMBEDDINGS),
    counts=frozenset({"messages"}),
)

"""Fireworks.

Sources: fireworks-ai 1.2.30 (Python SDK), Fireworks' API documentation.
"""

from weftline_core.dialects.chat.back import BACK as CHAT
from weftline_core.dialects.embeddings.back import BACK as EMBEDDINGS
from weftline_core.dialects.messages.back import BACK as MESSAGES
from weftline_core.hosts import Host

HOST = Host(
    name="fireworks",
    speaks=(CHAT, MESSAGES, EMBEDDINGS),
    base_url="https://api.fireworks.ai/inference/v1",
    key_env="FIREWORKS_API_KEY",
    # Its default length is small, and this is the name that its own models share.
    renames=(("max_completion_tokens", "max_tokens"),),
)

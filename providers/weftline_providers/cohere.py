"""Cohere, in its own dialects: its copy of OpenAI's API loses plans, thoughts and citations.

Sources: Cohere's `cohere-openapi.yaml` of 2026-08-20, cohere 7.3.1 (Python SDK), recorded traffic.
"""

from weftline_core.dialects.cohere_chat.back import BACK as CHAT
from weftline_core.dialects.cohere_embed.back import BACK as EMBED
from weftline_core.hosts import Host

HOST = Host(
    name="cohere",
    speaks=(CHAT, EMBED),
    base_url="https://api.cohere.com",
    key_env="CO_API_KEY",
    probe_path="/v1/models",
)

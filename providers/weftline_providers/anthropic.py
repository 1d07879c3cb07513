"""Anthropic.

Sources: anthropic 2.12.0 (Python SDK), Anthropic's API documentation.
"""

from weftline_core.dialects.messages.back import BACK
from weftline_core.hosts import Host

HOST = Host(
    name="anthropic",
    speaks=(BACK,),
    base_url="https://api.anthropic.com/v1",
    key_env="ANTHROPIC_API_KEY",
    auth="x-api-key",
    fixed=(("anthropic-version", "2023-06-01"),),
    counts=frozenset({"messages"}),
)

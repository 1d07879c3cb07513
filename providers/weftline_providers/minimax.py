"""MiniMax. Its tools prefer Anthropic's dialect; in OpenAI's, an error may come with status 200 and
a `base_resp`, which is read as the error that it is.

Sources: MiniMax-AI/cli of 2026-05-06, MiniMax's error codes.
"""

from weftline_core.dialects.chat.back import BACK as CHAT
from weftline_core.dialects.messages.back import BACK as MESSAGES
from weftline_core.hosts import Host

HOST = Host(
    name="minimax",
    speaks=(MESSAGES, CHAT),
    base_url="https://api.minimax.io",
    key_env="MINIMAX_API_KEY",
    regions={"cn": "https://api.minimaxi.com"},
    paths={"chat": "/v1/chat/completions", "messages": "/anthropic/v1/messages"},
    probe_path=None,
)

"""SGLang. It speaks OpenAI's and Anthropic's dialects by itself, so that clients of both are
passed on.

Source: SGLang 0.5.23.
"""

from weftline_core.dialects.chat.back import BACK as CHAT
from weftline_core.dialects.embeddings.back import BACK as EMBEDDINGS
from weftline_core.dialects.messages.back import BACK as MESSAGES
from weftline_core.dialects.responses.back import BACK as RESPONSES
from weftline_core.hosts import Host

HOST = Host(
    name="sglang",
    speaks=(CHAT, MESSAGES, RESPONSES, EMBEDDINGS),
    counts=frozenset({"messages"}),
)

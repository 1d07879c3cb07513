"""Text Generation Inference, in maintenance; it offers chat completions and no embeddings.

Source: its repository of 2026-01-08.
"""

from weftline_core.dialects.chat.back import BACK as CHAT
from weftline_core.hosts import Host

HOST = Host(name="tgi", speaks=(CHAT,))

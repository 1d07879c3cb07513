"""An engine of one's own, or any other URL that speaks OpenAI's chat completions and embeddings.

All engines known ignore fields that they do not know, so nothing is taken out. Those that speak
more have files of their own: `vllm`, `sglang`, `llamacpp`, `ollama`, `tgi`.

Sources: vLLM 0.33.0, SGLang 0.5.23, and the servers of llama.cpp, Ollama and TGI as of 2026.
"""

from weftline_core.dialects.chat.back import BACK as CHAT
from weftline_core.dialects.embeddings.back import BACK as EMBEDDINGS
from weftline_core.hosts import Host

HOST = Host(name="selfhosted", speaks=(CHAT, EMBEDDINGS))

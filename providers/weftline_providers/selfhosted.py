"""An engine of one's own: vLLM, SGLang, llama.cpp, Ollama, TGI, or `weft bench endpoint`.

All of them ignore fields that they do not know, so nothing is taken out.

Sources: vLLM 0.33.0, SGLang 0.5.23, and the servers of llama.cpp, Ollama and TGI as of 2026.
"""

from weftline_core.provider import OpenAiHost

HOST = OpenAiHost(name="selfhosted")

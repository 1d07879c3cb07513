"""Groq. It offers no embeddings and refuses everything about log probabilities.

Sources: groq 1.7.0 (Python SDK), Groq's compatibility notes, recorded traffic.
"""

from weftline_core.provider import OpenAiHost

HOST = OpenAiHost(
    name="groq",
    base_url="https://api.groq.com/openai/v1",
    key_env="GROQ_API_KEY",
    models=(
        ("openai/gpt-oss-120b", "chat"),
        ("openai/gpt-oss-20b", "chat"),
        ("qwen/qwen3.8-27b", "chat"),
    ),
    tasks=("chat",),
    drops=frozenset({"logit_bias", "logprobs", "top_logprobs"}),
)

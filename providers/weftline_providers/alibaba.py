"""Alibaba Cloud Model Studio. A model, its endpoint and the key must be of one region.

A workspace's own host (`WORKSPACE.REGION.maas.aliyuncs.com`) goes into the endpoint's base URL.

Sources: dashscope 2.0.2 (Python SDK), Model Studio's documentation of October 2026, recorded
traffic.
"""

from weftline_core.dialects.chat.back import BACK as CHAT
from weftline_core.dialects.embeddings.back import BACK as EMBEDDINGS
from weftline_core.dialects.messages.back import BACK as MESSAGES
from weftline_core.hosts import Host

_CHAT = "/compatible-mode/v1"

HOST = Host(
    name="alibaba",
    speaks=(CHAT, MESSAGES, EMBEDDINGS),
    base_url="https://dashscope-intl.aliyuncs.com",
    key_env="DASHSCOPE_API_KEY",
    regions={
        "ap-southeast-1": "https://dashscope-intl.aliyuncs.com",
        "cn-beijing": "https://dashscope.aliyuncs.com",
        "cn-hongkong": "https://cn-hongkong.dashscope.aliyuncs.com",
        "us-east-1": "https://dashscope-us.aliyuncs.com",
    },
    paths={
        "chat": f"{_CHAT}/chat/completions",
        "embeddings": f"{_CHAT}/embeddings",
        "messages": "/apps/anthropic/v1/messages",
    },
    probe_path=f"{_CHAT}/models",
)

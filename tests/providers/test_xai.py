"""xAI: chat only, nothing taken out."""

import orjson

from weftline_providers.xai import HOST


def test_a_chat_request_passes_whole() -> None:
    body: dict[str, object] = {"messages": [], "stream_options": {"include_usage": True}, "n": 2}
    assert orjson.loads(HOST.encode("chat", body, "grok-4.7")) == {**body, "model": "grok-4.7"}
    assert HOST.tasks == ("chat",)

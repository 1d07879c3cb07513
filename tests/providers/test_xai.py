"""xAI: chat only, nothing taken out."""

from weftline_core.dialects.dialect import Target
from weftline_providers.xai import HOST


def test_a_chat_request_passes_whole() -> None:
    body: dict[str, object] = {"messages": [], "n": 2}
    gone = HOST.adapt(HOST.speaks[0], body, Target(model="m"))
    assert body == {"messages": [], "n": 2}
    assert gone == ()

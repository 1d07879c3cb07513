"""Ollama: what it takes no notice of is left out and named."""

from weftline_core.dialects.dialect import Target
from weftline_providers.ollama import HOST


def test_what_it_takes_no_notice_of_is_left_out() -> None:
    body: dict[str, object] = {"messages": [], "tool_choice": "required"}
    gone = HOST.adapt(HOST.speaks[0], body, Target(model="m"))
    assert body == {"messages": []}
    assert gone == ("tool_choice",)

"""Ollama: what it takes no notice of is left out and named."""

from weftline_core.chat.features import Feature
from weftline_core.dialects.dialect import Target
from weftline_core.dialects.losses import DROP
from weftline_providers.ollama import HOST


def test_what_it_takes_no_notice_of_is_left_out() -> None:
    body: dict[str, object] = {"messages": [], "tool_choice": "required"}
    gone = HOST.adapt(HOST.speaks[0], body, Target(model="m"))
    assert body == {"messages": []}
    assert gone == ("tool_choice",)


def test_a_subset_of_tools_is_all_that_is_sent() -> None:
    assert Feature.TOOL_SUBSET not in HOST.speaks[0].losses
    assert HOST.speaks[0].losses[Feature.TOOL_CHOICE] is DROP

"""One's own engine: everything passes, whatever it is."""

from weftline_core.dialects.dialect import Target
from weftline_providers.selfhosted import HOST


def test_engine_fields_pass() -> None:
    body: dict[str, object] = {"messages": [], "top_k": 5, "ignore_eos": True}
    gone = HOST.adapt(HOST.speaks[0], body, Target(model="m"))
    assert body == {"messages": [], "top_k": 5, "ignore_eos": True}
    assert gone == ()

"""Text Generation Inference: everything passes."""

from weftline_core.dialects.dialect import Target
from weftline_providers.tgi import HOST


def test_engine_fields_pass() -> None:
    body: dict[str, object] = {"messages": [], "top_k": 5}
    gone = HOST.adapt(HOST.speaks[0], body, Target(model="m"))
    assert body == {"messages": [], "top_k": 5}
    assert gone == ()

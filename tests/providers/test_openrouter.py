"""OpenRouter: it says what an answer cost."""

from weftline_core.dialects.dialect import ChatBack
from weftline_providers.openrouter import HOST


def test_the_cost_that_it_reports_is_read() -> None:
    (back,) = HOST.speaks
    assert isinstance(back, ChatBack)
    usage = back.check(
        b'{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4,"cost":0.0000125}}'
    )
    assert usage is not None
    assert usage.cost_nanodollars == 12_500

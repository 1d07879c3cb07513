"""Moonshot: the length limit goes out under its old name."""

from weftline_core.dialects.dialect import Target
from weftline_providers.moonshot import HOST


def test_the_length_limit_is_not_lost() -> None:
    body: dict[str, object] = {"max_completion_tokens": 9}
    gone = HOST.adapt(HOST.speaks[0], body, Target(model="m"))
    assert body == {"max_tokens": 9}
    assert gone == ()

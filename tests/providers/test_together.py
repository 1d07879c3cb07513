"""Together: usage comes without being asked for."""

from weftline_core.dialects.dialect import Target
from weftline_providers.together import HOST


def test_stream_options_are_left_out_and_the_length_limit_kept() -> None:
    body: dict[str, object] = {
        "stream_options": {"include_usage": True},
        "max_completion_tokens": 9,
    }
    gone = HOST.adapt(HOST.speaks[0], body, Target(model="m"))
    assert body == {"max_tokens": 9}
    assert gone == ("stream_options",)

"""Together: usage comes without being asked for."""

import orjson

from weftline_providers.together import HOST


def test_stream_options_are_left_out_and_the_length_limit_kept() -> None:
    body: dict[str, object] = {
        "stream_options": {"include_usage": True},
        "max_completion_tokens": 9,
    }
    sent = orjson.loads(HOST.encode("chat", body, "zai-org/GLM-5.3"))
    assert sent == {"max_tokens": 9, "model": "zai-org/GLM-5.3"}

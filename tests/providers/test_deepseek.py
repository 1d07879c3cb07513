"""DeepSeek: the length limit goes out under its old name."""

import orjson

from weftline_providers.deepseek import HOST


def test_the_length_limit_is_not_lost() -> None:
    sent = orjson.loads(HOST.encode("chat", {"max_completion_tokens": 9}, "deepseek-flash"))
    assert sent == {"max_tokens": 9, "model": "deepseek-flash"}

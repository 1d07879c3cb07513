"""ByteDance: one host abroad, one in China."""

from weftline_core.dialects.dialect import Target
from weftline_providers.bytedance import HOST


def test_paths_and_regions() -> None:
    assert HOST.path(HOST.speaks[0], Target(model="seed"), stream=True) == "/chat/completions"
    assert set(HOST.regions) == {"ap-southeast", "cn-beijing"}

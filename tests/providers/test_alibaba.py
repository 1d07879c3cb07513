"""Alibaba: each dialect under a path of its own, at the host of the key's region."""

from weftline_core.dialects.dialect import Target
from weftline_providers.alibaba import HOST


def test_each_dialect_has_its_own_path() -> None:
    paths = {back.name: HOST.path(back, Target(model="m"), stream=True) for back in HOST.speaks}
    assert paths == {
        "chat": "/compatible-mode/v1/chat/completions",
        "messages": "/apps/anthropic/v1/messages",
        "embeddings": "/compatible-mode/v1/embeddings",
    }


def test_every_region_is_a_host_of_its_own() -> None:
    assert len(set(HOST.regions.values())) == len(HOST.regions)
    assert HOST.base_url in HOST.regions.values()

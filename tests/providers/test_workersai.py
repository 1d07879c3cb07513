"""Workers AI: the account stands in the base URL or in the path."""

import pytest

from weftline_core.desired import Task
from weftline_core.dialects.dialect import Target
from weftline_core.hosts import back_for
from weftline_providers.workersai import HOST

MODEL = "@cf/meta/llama-3"


@pytest.mark.parametrize(
    ("task", "client", "name", "path"),
    [
        ("chat", "messages", "workers_ai", f"/ai/run/{MODEL}"),
        ("chat", "chat", "chat", "/ai/v1/chat/completions"),
        ("embeddings", "embeddings", "workers_ai_embed", f"/ai/run/{MODEL}"),
    ],
)
def test_dialects_and_paths(task: Task, client: str, name: str, path: str) -> None:
    back = back_for(HOST, MODEL, task, client)
    assert back is not None
    assert back.name == name
    assert HOST.path(back, Target(model=MODEL), stream=True) == path
    own = Target(model=MODEL, options={"account_id": "a/b"})
    assert HOST.path(back, own, stream=True) == f"/accounts/a%2Fb{path}"
    assert HOST.headers(back, "token") == (("authorization", "Bearer token"),)

"""What embeddings are for."""

from typing import get_args

from weftline_core.dialects.embed_content.purposes import PURPOSES, TASK_TYPES
from weftline_core.embeddings import Purpose


def test_every_purpose_has_a_word_and_back() -> None:
    assert set(TASK_TYPES) == set(get_args(Purpose))
    assert all(PURPOSES[task] == purpose for purpose, task in TASK_TYPES.items())
    assert PURPOSES["CODE_RETRIEVAL_QUERY"] == "query"

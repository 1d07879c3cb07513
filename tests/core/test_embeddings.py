"""A request for embeddings and its answer, in no dialect."""

from typing import get_args

from weftline_core.chat.features import Feature
from weftline_core.dialects.embed_content.purposes import TASK_TYPES
from weftline_core.embeddings import EmbeddingAnswer, EmbeddingRequest, Purpose


def test_what_a_client_left_out_is_none() -> None:
    plain = EmbeddingRequest(texts=["a"])
    assert (plain.dimensions, plain.purpose, plain.title, plain.user_id) == (None,) * 4
    assert (plain.tokens, plain.base64, plain.paths, plain.unknown) == ([], False, {}, ())


def test_requests_share_nothing() -> None:
    one, other = EmbeddingRequest(texts=[]), EmbeddingRequest(texts=[])
    one.tokens.append([1])
    one.paths[Feature.USER_ID] = "user"
    assert (other.tokens, other.paths) == ([], {})


def test_usage_that_nobody_told_is_not_zero() -> None:
    assert EmbeddingAnswer(vectors=[]).usage is None


def test_every_purpose_has_a_name_where_purposes_are_known() -> None:
    assert set(TASK_TYPES) == set(get_args(Purpose))

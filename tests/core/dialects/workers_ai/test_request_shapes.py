"""The shapes of requests to Workers AI."""

import msgspec
import pytest

from weftline_core.dialects.workers_ai.request_shapes import REQUEST_FIELDS, RequestShape


def test_fields_that_say_where_it_goes_are_known_too() -> None:
    assert {"model", "stream", "options", "messages", "prompt"} <= REQUEST_FIELDS
    assert "repetition_penalty" not in REQUEST_FIELDS


@pytest.mark.parametrize("body", [{"prompt": 1}, {"max_tokens": -1}, {"tools": [{"name": 1}]}])
def test_wrong_types_are_refused(body: object) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(body, RequestShape)

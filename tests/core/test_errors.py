"""Errors: each knows its status, and says it in OpenAI's words."""

import pytest

from weftline_core import errors
from weftline_core.errors import CallerError, MeshError, OperatorError, UpstreamRateLimited


def families() -> list[type[MeshError]]:
    found = [MeshError]
    for family in found:
        found += family.__subclasses__()
    return found


@pytest.mark.parametrize("family", families())
def test_each_error_has_a_fitting_status(family: type[MeshError]) -> None:
    ours = not issubclass(family, CallerError | OperatorError | UpstreamRateLimited)
    assert (500 <= family.status < 600) if ours else (400 <= family.status < 500)
    assert family.kind


def test_an_error_carries_what_the_client_needs() -> None:
    error = errors.UnknownModel("no model 'x'", param="model", retry_after_s=2.0)
    assert (error.status, error.code, error.param, error.retry_after_s) == (
        404,
        "model_not_found",
        "model",
        2.0,
    )
    assert str(error) == "no model 'x'"

"""Every refusal has a code, and details that fit their trailers."""

import grpc
import pytest
from google.rpc import error_details_pb2  # type: ignore[import-untyped]  # pyright: ignore[reportMissingTypeStubs]

from weftline_control.refusals import Held, Refused, StoreAway, Violation
from weftline_control.rich_errors import DETAILS_BYTES_MAX, rich_status
from weftline_core.errors import OperatorError


def test_violations_are_told_one_by_one_as_far_as_they_fit() -> None:
    violations = [Violation(f"Pop/p{i}", "x" * 100) for i in range(1_000)]
    status = rich_status(grpc.StatusCode.INVALID_ARGUMENT, Refused(violations))
    bad = error_details_pb2.BadRequest()
    assert status.details[0].Unpack(bad)
    assert bad.field_violations[0].field == "Pop/p0"
    assert 10 < len(bad.field_violations) < 100
    assert status.ByteSize() < DETAILS_BYTES_MAX + 500


@pytest.mark.parametrize("error", [StoreAway("away", "refused"), Held("wiped", 3)])
def test_the_store_is_named_as_what_stands_in_the_way(error: OperatorError) -> None:
    status = rich_status(grpc.StatusCode.UNAVAILABLE, error)
    unmet = error_details_pb2.PreconditionFailure()
    assert status.details[0].Unpack(unmet)
    assert unmet.violations[0].subject == "store"
    assert unmet.violations[0].description in ("refused", "wiped")

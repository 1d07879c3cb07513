"""Refusals as gRPC errors: a code for programs, words for people, and each violation by itself."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import grpc
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped]  # pyright: ignore[reportMissingTypeStubs]
from grpc import aio

from weftline.calls import DETAILS_KEY
from weftline_control.refusals import Held, Missing, Moved, Refused, StillUsed, StoreAway
from weftline_core.errors import OperatorError

# Errors travel in HTTP/2 trailers, of which gRPC takes 8 KiB by default.
MESSAGE_CHARS_MAX = 2_000
DETAILS_BYTES_MAX = 4_000

_CODES: dict[type[OperatorError], grpc.StatusCode] = {
    Refused: grpc.StatusCode.INVALID_ARGUMENT,
    Missing: grpc.StatusCode.NOT_FOUND,
    StillUsed: grpc.StatusCode.FAILED_PRECONDITION,
    Moved: grpc.StatusCode.FAILED_PRECONDITION,
    Held: grpc.StatusCode.FAILED_PRECONDITION,
    StoreAway: grpc.StatusCode.UNAVAILABLE,
}


@asynccontextmanager
async def aborting(context: aio.ServicerContext[Any, Any]) -> AsyncGenerator[None]:
    """End the call with a rich error when the body raises a refusal."""
    try:
        yield
    except OperatorError as e:
        code = _CODES[type(e)]
        status = rich_status(code, e)
        details = ((DETAILS_KEY, status.SerializeToString()),)
        await context.abort(code, status.message, details)


def rich_status(code: grpc.StatusCode, error: OperatorError) -> status_pb2.Status:
    """Return the error with everything that stands in the way, one by one."""
    message = error.message[:MESSAGE_CHARS_MAX]
    number: int = code.value[0]
    status = status_pb2.Status(code=number, message=message)
    if isinstance(error, Refused):
        bad = error_details_pb2.BadRequest()
        for violation in error.violations:
            bad.field_violations.add(field=violation.ref, description=violation.reason)
            if bad.ByteSize() > DETAILS_BYTES_MAX:
                bad.field_violations.pop()
                break
        status.details.add().Pack(bad)
    elif isinstance(error, StoreAway | Held):
        unmet = error_details_pb2.PreconditionFailure()
        reason = error.reason[:MESSAGE_CHARS_MAX]
        unmet.violations.add(type="STORE", subject="store", description=reason)
        status.details.add().Pack(unmet)
    return status

"""Errors as Cloudflare tells them: by a number, in one envelope on its REST API and in another on
its gateway.

Source: Cloudflare's "Workers AI errors" page and its AI Gateway.
"""

from typing import Final

import msgspec
import orjson

from weftline_core.errors import (
    HeadersTooLarge,
    MethodNotAllowed,
    NotFound,
    TooLarge,
    TooSlow,
    Unauthenticated,
    UnknownModel,
)
from weftline_core.verdict import Words

NO_SUCH_MODEL: Final = 5007
NOT_IN_CATALOG: Final = 7003
INVALID_DATA: Final = 5004
UNAUTHORISED: Final = 2009
TOO_LARGE: Final = 3006
TIMED_OUT: Final = 3007
NO_CAPACITY: Final = 3040
INTERNAL: Final = 2002
# What Cloudflare's own routers say: the body is not of its schema; no such path; no such method.
BAD_SCHEMA: Final = 7001
NO_ROUTE: Final = 7002
BAD_METHOD: Final = 7000
NO_SUCH_PROVIDER: Final = 2008

# Codes of the mesh's own errors, wherever they are told.
OWN: Final[dict[str | None, int]] = {
    Unauthenticated.code: UNAUTHORISED,
    NotFound.code: NO_ROUTE,
    MethodNotAllowed.code: BAD_METHOD,
    TooLarge.code: TOO_LARGE,
    HeadersTooLarge.code: TOO_LARGE,
    TooSlow.code: TIMED_OUT,
}

# What a status means to a client of Workers AI, and the status that goes with the number there.
_BY_STATUS: Final[dict[int, tuple[int, int]]] = {
    401: (401, UNAUTHORISED),
    402: (402, 2021),
    403: (403, 5018),
    404: (404, NOT_IN_CATALOG),
    408: (408, TIMED_OUT),
    413: (413, TOO_LARGE),
    429: (429, NO_CAPACITY),
    # Its clients know a lack of capacity by this number, and ask again.
    503: (429, NO_CAPACITY),
    504: (408, TIMED_OUT),
}
_SERVER: Final = 500


class Fault(msgspec.Struct, frozen=True):
    """One error. status: the HTTP status that goes with it."""

    status: int
    code: int
    message: str


def run_fault(status: int, words: Words, *, hosted: bool) -> Fault:
    """Return an error of `/ai/run`. hosted: the model is one of Cloudflare's own (`@cf/...`)."""
    if words.code == UnknownModel.code:
        found = (400, NO_SUCH_MODEL) if hosted else (404, NOT_IN_CATALOG)
    elif (own := OWN.get(words.code)) is not None:
        found = status, own
    elif words.code is not None and words.code.isdecimal():
        # A host of Cloudflare's has said it itself.
        found = status, int(words.code)
    elif status in _BY_STATUS:
        found = _BY_STATUS[status]
    else:
        found = status, INTERNAL if status >= _SERVER else INVALID_DATA
    return Fault(*found, words.message)


def rest_body(fault: Fault) -> bytes:
    """Return the body of an error on the REST API."""
    error = {"code": fault.code, "message": fault.message}
    return orjson.dumps({"errors": [error], "success": False, "result": None, "messages": []})


def gateway_body(fault: Fault) -> bytes:
    """Return the body of an error on the gateway, whose list is called `error`."""
    error = {"code": fault.code, "message": fault.message}
    return orjson.dumps({"success": False, "error": [error]})

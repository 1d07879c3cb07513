"""Errors raised on purpose, grouped by whose fault they are.

An error knows its HTTP status and its OpenAI `type` and `code`, so that no other place guesses
from strings. Messages say what to do next and never carry a secret: keys, header values and bodies
stay out of them.
"""

from typing import ClassVar

from weftline_core.limits import QUOTED_CHARS_MAX


class MeshError(Exception):
    """Base of every error raised on purpose.

    status: HTTP status for the client.
    kind, code: `error.type` and `error.code` in OpenAI's error object.
    param: the field at fault, if one is.
    retry_after_s: how long to wait before trying again, if known.
    """

    status: ClassVar[int] = 500
    kind: ClassVar[str] = "server_error"
    code: ClassVar[str | None] = None

    def __init__(
        self, message: str, *, param: str | None = None, retry_after_s: float | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.retry_after_s = retry_after_s


class CallerError(MeshError):
    """The client asked for something impossible; no endpoint could help."""

    status = 400
    kind = "invalid_request_error"


class Unauthenticated(CallerError):
    """No key, or a key that nobody here knows."""

    status = 401
    code = "invalid_api_key"


class NotFound(CallerError):
    """No such path or object."""

    status = 404
    code = "not_found"


class UnknownModel(NotFound):
    """The catalog has no model of that name."""

    code = "model_not_found"

    @classmethod
    def named(cls, name: str) -> "UnknownModel":
        """Return the error for a model that a client has named."""
        return cls(
            f"the model '{name[:QUOTED_CHARS_MAX]}' does not exist here; "
            "GET /v1/models lists those that do",
            param="model",
        )


class MethodNotAllowed(CallerError):
    """The path exists, the method does not. allowed: the one that does."""

    status = 405
    code = "method_not_allowed"

    def __init__(self, message: str, allowed: str = "GET") -> None:
        super().__init__(message)
        self.allowed = allowed


class TooLarge(CallerError):
    """A part of the request is over a named limit."""

    status = 413
    code = "request_too_large"


class TooSlow(CallerError):
    """The client did not send its request in time."""

    status = 408
    code = "request_timeout"


class HeadersTooLarge(CallerError):
    """The request line and headers are over the limit."""

    status = 431
    code = "headers_too_large"


class Unavailable(MeshError):
    """Nothing can serve this now; waiting may help."""

    status = 503
    kind = "service_unavailable_error"
    code = "no_endpoint_available"


class UpstreamFailed(MeshError):
    """Every attempt failed; the message names the last reason in words."""

    status = 502
    kind = "upstream_error"
    code = "upstream_failed"


class UpstreamTimeout(UpstreamFailed):
    """No endpoint produced a first token in time."""

    status = 504
    code = "upstream_timeout"


class UpstreamOverloaded(UpstreamFailed):
    """Every endpoint that could serve this is overloaded or rate-limited."""

    status = 503
    kind = "service_unavailable_error"
    code = "upstream_overloaded"


class UpstreamRateLimited(UpstreamFailed):
    """The last endpoint that could serve this limits our rate; official SDKs know what to do."""

    status = 429
    kind = "rate_limit_error"
    code = "rate_limit_exceeded"


class OperatorError(MeshError):
    """A configuration or resource is wrong; nothing was changed."""

    status = 400
    kind = "operator_error"

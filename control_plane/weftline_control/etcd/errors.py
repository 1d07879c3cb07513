"""What the client raises: etcd3's names, one meaning each."""

from grpc import StatusCode
from grpc.aio import AioRpcError


class EtcdError(Exception):
    """Base of every error of this client, and itself: etcd refused, for the reason it gives."""


class ConnectionFailedError(EtcdError):
    """No member can be reached, or it has no leader; whether a write was done is not known."""


class ConnectionTimeoutError(ConnectionFailedError):
    """No answer before the deadline; whether a write was done is not known."""


class InternalServerError(EtcdError):
    """A member failed."""


class PreconditionFailedError(EtcdError):
    """The member is not in a state to do this."""


class PermissionDeniedError(EtcdError):
    """The user is unknown, the password wrong, or the role does not cover the key."""


class LeaseNotFoundError(EtcdError):
    """The lease has expired or was revoked."""


class WatchTimedOut(EtcdError):
    """The watch could not be begun before the deadline."""


class RevisionCompactedError(EtcdError):
    """History is not whole. `compacted_revision` is as far as it is gone, 0 if not known."""

    def __init__(self, message: str, compacted_revision: int = 0) -> None:
        super().__init__(message)
        self.compacted_revision = compacted_revision


_BY_CODE: dict[StatusCode, type[EtcdError]] = {
    StatusCode.INTERNAL: InternalServerError,
    StatusCode.UNAVAILABLE: ConnectionFailedError,
    StatusCode.DEADLINE_EXCEEDED: ConnectionTimeoutError,
    # A member without a quorum, or one that stops, may leave Go's own errors untranslated.
    StatusCode.UNKNOWN: ConnectionFailedError,
    StatusCode.CANCELLED: ConnectionFailedError,
    StatusCode.FAILED_PRECONDITION: PreconditionFailedError,
    StatusCode.PERMISSION_DENIED: PermissionDeniedError,
    StatusCode.UNAUTHENTICATED: PermissionDeniedError,
}

# What etcd says with a code that means too many things. Source: etcd's api/v3rpc/rpctypes/error.go.
_BY_WORDS: tuple[tuple[str, type[EtcdError]], ...] = (
    ("required revision has been compacted", RevisionCompactedError),
    ("requested lease not found", LeaseNotFoundError),
    ("authentication failed", PermissionDeniedError),
    ("user name is empty", PermissionDeniedError),
)

# The token is not, or no longer, known: a member that was restarted has forgotten it, and a change
# of users makes all older ones void.
_STALE_TOKEN = (
    "invalid auth token",
    "revision of auth store is old",
    "auth revision in header is old",
    "user name is empty",
)


def translate(error: AioRpcError, who: str) -> EtcdError:
    """Return the error that says what gRPC's means; `who` names the etcd that was asked."""
    words = (error.details() or error.code().name).removeprefix("etcdserver: ")
    kind = next((k for part, k in _BY_WORDS if part in words), None)
    kind = kind or _BY_CODE.get(error.code(), EtcdError)
    return kind(f"etcd at {who}: {words}")


def token_is_stale(words: str) -> bool:
    """Return whether etcd's words mean that a new token would help."""
    return any(part in words for part in _STALE_TOKEN)

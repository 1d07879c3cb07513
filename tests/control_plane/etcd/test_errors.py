"""What gRPC's errors become."""

import pytest
from grpc import StatusCode
from grpc.aio import AioRpcError

from weftline_control.etcd import errors


@pytest.mark.parametrize(
    ("code", "words", "kind"),
    [
        (StatusCode.UNAVAILABLE, "etcdserver: no leader", errors.ConnectionFailedError),
        (StatusCode.DEADLINE_EXCEEDED, "Deadline Exceeded", errors.ConnectionTimeoutError),
        (StatusCode.UNKNOWN, "context deadline exceeded", errors.ConnectionFailedError),
        (StatusCode.CANCELLED, "context canceled", errors.ConnectionFailedError),
        (StatusCode.INTERNAL, "boom", errors.InternalServerError),
        (
            StatusCode.FAILED_PRECONDITION,
            "etcdserver: authentication is not enabled",
            errors.PreconditionFailedError,
        ),
        (
            StatusCode.OUT_OF_RANGE,
            "etcdserver: mvcc: required revision has been compacted",
            errors.RevisionCompactedError,
        ),
        (
            StatusCode.NOT_FOUND,
            "etcdserver: requested lease not found",
            errors.LeaseNotFoundError,
        ),
        (
            StatusCode.INVALID_ARGUMENT,
            "etcdserver: authentication failed, invalid user ID or password",
            errors.PermissionDeniedError,
        ),
        (
            StatusCode.PERMISSION_DENIED,
            "etcdserver: permission denied",
            errors.PermissionDeniedError,
        ),
        (StatusCode.INVALID_ARGUMENT, "etcdserver: too many operations", errors.EtcdError),
    ],
)
def test_each_of_grpcs_errors_has_one_meaning(
    code: StatusCode, words: str, kind: type[errors.EtcdError]
) -> None:
    found = errors.translate(AioRpcError(code, details=words), "here:1")
    assert type(found) is kind
    assert str(found) == f"etcd at here:1: {words.removeprefix('etcdserver: ')}"


def test_without_words_the_code_must_do() -> None:
    assert str(errors.translate(AioRpcError(StatusCode.ABORTED), "a:1")) == "etcd at a:1: ABORTED"


def test_a_stale_token_is_told_from_other_refusals() -> None:
    assert errors.token_is_stale("etcdserver: invalid auth token")
    assert errors.token_is_stale("etcdserver: revision of auth store is old")
    assert not errors.token_is_stale("etcdserver: permission denied")

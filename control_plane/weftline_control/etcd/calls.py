"""etcd's methods as values: path, messages, and whether one may be repeated."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from google.protobuf.message import Message

from weftline_proto.etcd.v1.cluster_pb2 import (
    AuthenticateRequest,
    AuthenticateResponse,
    StatusRequest,
    StatusResponse,
)
from weftline_proto.etcd.v1.kv_pb2 import (
    CompactionRequest,
    CompactionResponse,
    DeleteRangeRequest,
    DeleteRangeResponse,
    PutRequest,
    PutResponse,
    RangeRequest,
    RangeResponse,
    TxnRequest,
    TxnResponse,
)
from weftline_proto.etcd.v1.lease_pb2 import (
    LeaseGrantRequest,
    LeaseGrantResponse,
    LeaseKeepAliveRequest,
    LeaseKeepAliveResponse,
    LeaseRevokeRequest,
    LeaseRevokeResponse,
    LeaseTimeToLiveRequest,
    LeaseTimeToLiveResponse,
)
from weftline_proto.etcd.v1.watch_pb2 import WatchRequest, WatchResponse

Q = TypeVar("Q", bound=Message)
A = TypeVar("A", bound=Message)


@dataclass(frozen=True, slots=True)
class Method(Generic[Q, A]):
    """One method of etcd's API.

    repeatable: doing it twice is doing it once, so a broken attempt is made again elsewhere.
    streams: gRPC calls it a stream in both directions.
    """

    path: str
    question: type[Q]
    answer: type[A]
    repeatable: bool = False
    streams: bool = False


RANGE = Method("/etcdserverpb.KV/Range", RangeRequest, RangeResponse, repeatable=True)
PUT = Method("/etcdserverpb.KV/Put", PutRequest, PutResponse)
DELETE_RANGE = Method("/etcdserverpb.KV/DeleteRange", DeleteRangeRequest, DeleteRangeResponse)
TXN = Method("/etcdserverpb.KV/Txn", TxnRequest, TxnResponse)
COMPACT = Method("/etcdserverpb.KV/Compact", CompactionRequest, CompactionResponse)
WATCH = Method("/etcdserverpb.Watch/Watch", WatchRequest, WatchResponse, streams=True)
LEASE_GRANT = Method("/etcdserverpb.Lease/LeaseGrant", LeaseGrantRequest, LeaseGrantResponse)
LEASE_REVOKE = Method("/etcdserverpb.Lease/LeaseRevoke", LeaseRevokeRequest, LeaseRevokeResponse)
LEASE_KEEP_ALIVE = Method(
    "/etcdserverpb.Lease/LeaseKeepAlive",
    LeaseKeepAliveRequest,
    LeaseKeepAliveResponse,
    repeatable=True,
    streams=True,
)
LEASE_TIME_TO_LIVE = Method(
    "/etcdserverpb.Lease/LeaseTimeToLive",
    LeaseTimeToLiveRequest,
    LeaseTimeToLiveResponse,
    repeatable=True,
)
AUTHENTICATE = Method(
    "/etcdserverpb.Auth/Authenticate", AuthenticateRequest, AuthenticateResponse, repeatable=True
)
STATUS = Method("/etcdserverpb.Maintenance/Status", StatusRequest, StatusResponse, repeatable=True)

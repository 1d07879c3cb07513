"""One connection to an etcd of several members: channels, deadlines, tokens, repeats.

Every member has a channel of its own, so that host names, TLS names and the choice of member stay
in our hands (gRPC can spread over addresses, but not over names). A call goes to the member that
answered last; when that one fails the next is preferred.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import grpc
from google.protobuf.message import Message
from grpc.aio import AioRpcError, Channel, StreamStreamCall

from weftline_control.etcd.calls import AUTHENTICATE, Method
from weftline_control.etcd.errors import (
    ConnectionFailedError,
    ConnectionTimeoutError,
    token_is_stale,
    translate,
)
from weftline_proto.etcd.v1.cluster_pb2 import AuthenticateRequest

Q = TypeVar("Q", bound=Message)
A = TypeVar("A", bound=Message)

# How long a call may take unless told otherwise. A new leader needs 1.1 to 2.3 s (measured, three
# members on loopback), and no call shall fail for that.
TIMEOUT_S = 3.0

# Calls at once on one connection: 1,000 passed here, of 2,000 gRPC cancelled 224.
CALLS_MAX = 64

# How often the channels are looked at while none is ready. Watching their states instead would
# leave a waiter in gRPC's core for each cancelled call.
READY_POLL_S = 0.01

# Tokens asked for on behalf of one call: the second covers a member that restarts in between.
RENEWALS_MAX = 2

CHANNEL_OPTIONS: list[tuple[str, int]] = [
    # gRPC begins at 1 s and goes to 120 s; etcd is back 0.05 s after a restart.
    ("grpc.initial_reconnect_backoff_ms", 50),
    ("grpc.max_reconnect_backoff_ms", 1_000),
    # One attempt to connect, TLS included: enough for 300 ms of round trip and a lost packet.
    ("grpc.min_reconnect_backoff_ms", 5_000),
    # A member that is gone without a word is noticed after 10 + 5 s; etcd refuses pings more often
    # than every 5 s, and those without a call.
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.keepalive_permit_without_calls", 0),
    ("grpc.http2.max_pings_without_data", 0),
    # A page of a range (store_etcd.PAGE_KEYS of 64 KiB each) with room to spare.
    ("grpc.max_receive_message_length", 32 * 1024 * 1024),
    # Each connection is its own, so that closing one, or one's back-off, never touches another.
    ("grpc.use_local_subchannel_pool", 1),
    # The way to etcd is a matter of etcd's address alone, not of a proxy meant for web pages.
    ("grpc.enable_http_proxy", 0),
]


@dataclass(frozen=True, slots=True)
class Tls:
    """PEM texts; `ca` None means the system's, `cert` and `key` are for mutual TLS."""

    ca: bytes | None = None
    cert: bytes | None = None
    key: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Target:
    """Which etcd, and as whom. `endpoints` are "host:port"."""

    endpoints: tuple[str, ...]
    tls: Tls | None = None
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout_s: float = TIMEOUT_S

    def __post_init__(self) -> None:
        if not self.endpoints:
            raise ValueError("an etcd has at least one endpoint")
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password go together")


class Connection:
    """Calls methods on whichever member answers. Close it on the loop that uses it."""

    def __init__(self, target: Target) -> None:
        self.timeout_s = target.timeout_s
        self._target = target
        self._channels = [self._channel(endpoint) for endpoint in target.endpoints]
        self._preferred = 0
        self._token: str | None = None
        self._authenticating = asyncio.Lock()
        self._slots = asyncio.Semaphore(CALLS_MAX)
        self.closed = False

    def __str__(self) -> str:
        return ",".join(self._target.endpoints)

    async def call(self, method: Method[Q, A], question: Q, timeout_s: float | None = None) -> A:
        """Ask and return the answer, from another member if one fails and `method` is repeatable.

        Raises:
            ConnectionTimeoutError: nobody answered in time.
            EtcdError: whatever else etcd says.
        """
        limit_s = self.timeout_s if timeout_s is None else timeout_s
        try:
            async with asyncio.timeout(limit_s), self._slots:
                return await self._until_answered(method, question, limit_s)
        except TimeoutError:
            raise ConnectionTimeoutError(f"etcd at {self} does not answer") from None

    async def open(self, method: Method[Q, A]) -> StreamStreamCall[Q, A]:
        """Begin a stream on a member that is ready, however long that takes."""
        channel = await self._ready()
        token = await self._authenticated(channel)
        call = channel.stream_stream(
            method.path, _serializer(method), _deserializer(method)
        )  # fmt: skip
        return call(metadata=_metadata(token, leader=True), wait_for_ready=True)

    def prefer_another(self) -> None:
        """Let the next call go to the next member: the present one failed."""
        self._preferred = (self._preferred + 1) % len(self._channels)

    def forget_token(self) -> None:
        """Let the next call authenticate anew: the present token is refused."""
        self._token = None

    async def close(self) -> None:
        """Close every channel; what is under way fails."""
        self.closed = True
        for channel in self._channels:
            await channel.close()

    async def _until_answered(self, method: Method[Q, A], question: Q, limit_s: float) -> A:
        # A member that hangs may use up only its share, so that the others still get a turn.
        share_s = limit_s / len(self._channels) if method.repeatable else limit_s
        renewals = 0
        while True:
            channel = await self._ready()
            token = self._token
            try:
                token = await self._authenticated(channel)
                return await _attempt(channel, method, question, _metadata(token), share_s)
            except AioRpcError as error:
                if self._is_token(error) and renewals < RENEWALS_MAX:
                    renewals += 1
                    if token == self._token:  # else another call has renewed it already
                        self.forget_token()
                    continue
                failure = translate(error, str(self))
                if isinstance(failure, ConnectionFailedError):
                    self.prefer_another()
                    if method.repeatable:
                        await asyncio.sleep(READY_POLL_S)
                        continue
                raise failure from error

    def _is_token(self, error: AioRpcError) -> bool:
        return self._target.user is not None and token_is_stale(error.details() or "")

    async def _ready(self) -> Channel:
        """Return the preferred channel, or the first after it that is connected."""
        count = len(self._channels)
        while not self.closed:
            for index in range(self._preferred, self._preferred + count):
                channel = self._channels[index % count]
                if channel.get_state(try_to_connect=True) is grpc.ChannelConnectivity.READY:
                    self._preferred = index % count
                    return channel
            await asyncio.sleep(READY_POLL_S)
        raise ConnectionFailedError("the connection to etcd was closed here")

    async def _authenticated(self, channel: Channel) -> str | None:
        """Return the token, after asking for one if need be."""
        if self._target.user is None or self._target.password is None:
            return None
        async with self._authenticating:
            if self._token is None:
                question = AuthenticateRequest(
                    name=self._target.user, password=self._target.password
                )
                answer = await _attempt(channel, AUTHENTICATE, question, (), self.timeout_s)
                self._token = answer.token
        return self._token

    def _channel(self, endpoint: str) -> Channel:
        tls = self._target.tls
        if tls is None:
            return grpc.aio.insecure_channel(endpoint, CHANNEL_OPTIONS)
        credentials = grpc.ssl_channel_credentials(tls.ca, tls.key, tls.cert)
        return grpc.aio.secure_channel(endpoint, credentials, CHANNEL_OPTIONS)


async def _attempt(
    channel: Channel,
    method: Method[Q, A],
    question: Q,
    metadata: tuple[tuple[str, str], ...],
    timeout_s: float,
) -> A:
    if not method.streams:
        ask = channel.unary_unary(method.path, _serializer(method), _deserializer(method))
        return await ask(question, timeout=timeout_s, metadata=metadata, wait_for_ready=True)
    talk = channel.stream_stream(method.path, _serializer(method), _deserializer(method))
    call = talk(timeout=timeout_s, metadata=metadata, wait_for_ready=True)
    try:
        await call.write(question)
        answer = await call.read()
    finally:
        call.cancel()
    if not isinstance(answer, method.answer):
        raise ConnectionFailedError("the member ended the stream without an answer")
    return answer


def _metadata(token: str | None, *, leader: bool = False) -> tuple[tuple[str, str], ...]:
    # With "hasleader" a member that is cut off from the others ends the stream instead of staying
    # silent on it. Source: etcd's client, WithRequireLeader.
    words = (("hasleader", "true"),) if leader else ()
    return (*words, ("token", token)) if token else words


def _serializer(method: Method[Q, A]) -> Callable[[Q], bytes]:
    return method.question.SerializeToString


def _deserializer(method: Method[Q, A]) -> Callable[[bytes], A]:
    return method.answer.FromString

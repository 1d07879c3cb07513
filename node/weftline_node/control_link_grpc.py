"""The link to the control plane over gRPC. The only file of the node that imports it."""

import asyncio

from grpc import aio

from weftline.calls import MESSAGE_BYTES_MAX
from weftline_node.control_link import LinkLost, ToControl, ToNode
from weftline_node.control_wire import from_response, to_request
from weftline_node.ports import Address
from weftline_proto.control.v1 import node_pb2 as pb
from weftline_proto.control.v1.node_pb2_grpc import NodeServiceStub

# How long a connection may take: one lost SYN costs 1 s, and the caller tries again for ever.
CONNECT_WAIT_S = 3.0

_CHANNEL_OPTIONS: tuple[tuple[str, int], ...] = (
    # A proxy named in the environment is for the web, not for the mesh's own machines.
    ("grpc.enable_http_proxy", 0),
    ("grpc.max_receive_message_length", MESSAGE_BYTES_MAX),
    # Each call has a connection of its own: gRPC would share one between channels, together with
    # its back-off of up to 120 s, and ours decides when to try again.
    ("grpc.use_local_subchannel_pool", 1),
    # While it is not there: try about once a second, without growing pauses.
    ("grpc.initial_reconnect_backoff_ms", 500),
    ("grpc.max_reconnect_backoff_ms", 1_000),
    # A control plane that vanished without a word is noticed within 15 s.
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.http2.max_pings_without_data", 0),
)


class GrpcDoor:
    """Calls the control plane at one address."""

    def __init__(self, address: Address) -> None:
        self._address = address

    async def open(self) -> "GrpcLink":
        """Connect."""
        channel = aio.insecure_channel(str(self._address), options=list(_CHANNEL_OPTIONS))
        try:
            async with asyncio.timeout(CONNECT_WAIT_S):
                await channel.channel_ready()
        except TimeoutError:
            await channel.close()
            raise LinkLost(f"no control plane answers at {self._address}") from None
        except asyncio.CancelledError:
            await channel.close()
            raise
        return GrpcLink(channel)


class GrpcLink:
    """One Subscribe call."""

    def __init__(self, channel: aio.Channel) -> None:
        self._channel = channel
        self._call = NodeServiceStub(channel).Subscribe()

    async def send(self, word: ToControl) -> None:
        """Write one request."""
        try:
            await self._call.write(to_request(word))
        except aio.AioRpcError as e:
            raise _lost(e) from e
        except (aio.UsageError, asyncio.InvalidStateError) as e:
            raise LinkLost("the call is over") from e

    async def receive(self) -> ToNode:
        """Read until there is a word that this version knows."""
        while True:
            try:
                response = await self._call.read()
            except aio.AioRpcError as e:
                raise _lost(e) from e
            if not isinstance(response, pb.SubscribeResponse):
                raise LinkLost(f"the control plane hung up: {await self._call.details()}")
            if (word := from_response(response)) is not None:
                return word

    async def close(self) -> None:
        """Cancel the call and close its connection."""
        self._call.cancel()
        await self._channel.close()


def _lost(error: aio.AioRpcError) -> LinkLost:
    return LinkLost(f"{error.code().name.lower()}: {error.details() or 'no reason given'}")

"""Messages to datagrams and back; refuses whatever is not exactly right, and says why.

A datagram is a head and a MessagePack array of messages:

    magic "wf" | version (1 B) | cluster (4 B) | CRC-32 of the body (4 B) | body

The version byte and the cluster stand in front so that both can be judged before anything else is
read; sealing the body (a keyring, an origin's signature) will be a new version.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from hashlib import blake2s
from struct import Struct as Layout
from zlib import crc32

import msgspec

from weftline_core.gossip.messages import Message
from weftline_core.limits import DATAGRAM_BYTES_MAX

MAGIC = b"wf"
VERSION = 1

# The smallest message takes three bytes, so no datagram of legal size holds more than this; a claim
# of more is a lie in an array's head.
MESSAGES_MAX = 256

_HEAD = Layout(">2sB4sI")
_COUNT = Layout(">BH")
_ARRAY_16 = 0xDC

# What is left of a datagram for encoded messages.
ROOM_BYTES = DATAGRAM_BYTES_MAX - _HEAD.size - _COUNT.size


class Reason(StrEnum):
    """Why a datagram was refused; the names are metric labels."""

    OVERSIZED = "oversized"
    SHORT = "short"
    MAGIC = "magic"
    VERSION = "version"
    CLUSTER = "cluster"
    DAMAGED = "damaged"
    TRUNCATED = "truncated"
    TRAILING = "trailing"
    ABSURD = "absurd"
    CROWDED = "crowded"


class Refused(Exception):
    """A datagram that is not understood; it changes nothing."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason


def encode(message: Message) -> bytes:
    """Return `message` as it stands in a body."""
    return _ENCODER.encode(message)


class Codec:
    """Packs and unpacks the datagrams of one cluster.

    cluster: a label that keeps two meshes on one network apart; it is no secret.
    """

    def __init__(self, cluster: str) -> None:
        self._cluster = blake2s(cluster.encode(), digest_size=4).digest()

    def pack(self, encoded: Sequence[bytes]) -> bytes:
        """Return one datagram that carries `encoded` messages, which fit in `ROOM_BYTES`."""
        body = _COUNT.pack(_ARRAY_16, len(encoded)) + b"".join(encoded)
        data = _HEAD.pack(MAGIC, VERSION, self._cluster, crc32(body)) + body
        assert len(data) <= DATAGRAM_BYTES_MAX, len(data)
        return data

    def pack_all(self, encoded: Iterable[bytes]) -> list[bytes]:
        """Return as many datagrams as `encoded` needs, in order."""
        data: list[bytes] = []
        batch: list[bytes] = []
        size = 0
        for part in encoded:
            if batch and (size + len(part) > ROOM_BYTES or len(batch) == MESSAGES_MAX):
                data.append(self.pack(batch))
                batch, size = [], 0
            batch.append(part)
            size += len(part)
        if batch:
            data.append(self.pack(batch))
        return data

    def unpack(self, data: bytes) -> list[Message]:
        """Return the messages in `data`, all of them within their bounds.

        Raises:
            Refused: with the reason; nothing of the datagram may be used.
        """
        self._check_head(data)
        try:
            messages = _DECODER.decode(memoryview(data)[_HEAD.size :])
        except msgspec.ValidationError as error:
            raise Refused(Reason.ABSURD, str(error)) from None
        except (msgspec.DecodeError, RecursionError) as error:
            trailing = "trailing" in str(error)
            raise Refused(Reason.TRAILING if trailing else Reason.TRUNCATED, str(error)) from None
        if len(messages) > MESSAGES_MAX:
            raise Refused(Reason.CROWDED, f"{len(messages)} messages, at most {MESSAGES_MAX}")
        return messages

    def _check_head(self, data: bytes) -> None:
        if len(data) > DATAGRAM_BYTES_MAX:
            raise Refused(Reason.OVERSIZED, f"{len(data)} B, at most {DATAGRAM_BYTES_MAX}")
        if len(data) < _HEAD.size:
            raise Refused(Reason.SHORT, f"{len(data)} B, at least {_HEAD.size}")
        magic, version, cluster, check = _HEAD.unpack_from(data)
        if magic != MAGIC:
            raise Refused(Reason.MAGIC, "not a gossip datagram")
        if version != VERSION:
            raise Refused(Reason.VERSION, f"format {version}, this node speaks {VERSION}")
        if cluster != self._cluster:
            raise Refused(Reason.CLUSTER, "from a mesh with another cluster label")
        if crc32(memoryview(data)[_HEAD.size :]) != check:
            raise Refused(Reason.DAMAGED, "cut, padded or changed on the way")


_ENCODER = msgspec.msgpack.Encoder()
_DECODER: msgspec.msgpack.Decoder[list[Message]] = msgspec.msgpack.Decoder(list[Message])

"""A watch that outlives its connection: it resumes by revision, with no gap and no repetition."""

import asyncio
from collections.abc import AsyncGenerator

from grpc.aio import AioRpcError, StreamStreamCall

from weftline_control.etcd.calls import RANGE, WATCH
from weftline_control.etcd.connection import Connection
from weftline_control.etcd.errors import (
    ConnectionFailedError,
    EtcdError,
    PermissionDeniedError,
    RevisionCompactedError,
    WatchTimedOut,
    token_is_stale,
    translate,
)
from weftline_control.etcd.events import Grouper, Revision, event_of
from weftline_proto.etcd.v1.kv_pb2 import RangeRequest
from weftline_proto.etcd.v1.watch_pb2 import WatchCreateRequest, WatchRequest, WatchResponse

# Pauses between attempts to resume: short, since a restarted etcd is back in 0.05 s, and bounded,
# so that nobody waits long after a long outage.
PAUSE_MIN_S = 0.05
PAUSE_MAX_S = 1.0


class Watch:
    """One watch on the keys from `first` up to `end`.

    start_revision: the first revision to yield; None means what comes after the watch has begun.

    Raises, from `begin` and while iterated:
        RevisionCompactedError: some of what is to be yielded is gone; range, and watch from there.
        PermissionDeniedError: the user may not read these keys.
    """

    def __init__(
        self, connection: Connection, keys: tuple[bytes, bytes], start_revision: int | None = None
    ) -> None:
        self._connection = connection
        self._first, self._end = keys
        self._groups = Grouper(start_revision or 0)
        self._cluster_id = 0
        self._call: StreamStreamCall[WatchRequest, WatchResponse] | None = None
        self._renewed = False
        self._ended = False

    async def begin(self) -> None:
        """Wait until etcd has begun to watch.

        Raises:
            WatchTimedOut: nobody did so within the connection's deadline.
        """
        failure: ConnectionFailedError | None = None
        try:
            async with asyncio.timeout(self._connection.timeout_s):
                while not self._connection.closed:
                    try:
                        return await self._open()
                    except ConnectionFailedError as error:
                        failure = error
                        self._drop()
                        self._connection.prefer_another()
                        await asyncio.sleep(PAUSE_MIN_S)
        except TimeoutError:
            self._drop()
        raise WatchTimedOut(f"etcd at {self._connection} does not answer") from failure

    async def revisions(self) -> AsyncGenerator[Revision, None]:
        """Yield each revision once, in order, until `cancel` or until the connection is closed; the
        loss of etcd is waited out.
        """
        pause_s = PAUSE_MIN_S
        try:
            while not (self._ended or self._connection.closed):
                try:
                    if self._call is None:
                        await self._open()
                    answer = await self._read()
                    self._check(answer)
                except ConnectionFailedError:
                    self._drop()
                    self._connection.prefer_another()
                    await asyncio.sleep(pause_s)
                    pause_s = min(2 * pause_s, PAUSE_MAX_S)
                    continue
                pause_s = PAUSE_MIN_S
                events = (event_of(event) for event in answer.events)
                for revision in self._groups.feed(events, more=answer.fragment):
                    yield revision
        finally:
            self.cancel()

    def cancel(self) -> None:
        """End the watch; a loop over it ends."""
        self._ended = True
        self._drop()

    async def _open(self) -> None:
        try:
            async with asyncio.timeout(self._connection.timeout_s):
                answer = await self._create()
        except TimeoutError:
            raise ConnectionFailedError(f"etcd at {self._connection} does not answer") from None
        self._check(answer)
        if self._groups.next_revision == 0:
            self._groups.next_revision = answer.header.revision + 1
        await self._check_not_set_back(answer)
        self._renewed = False

    async def _create(self) -> WatchResponse:
        try:
            self._call = await self._connection.open(WATCH)
            create = WatchCreateRequest(
                key=self._first, range_end=self._end, start_revision=self._start(), fragment=True
            )
            await self._call.write(WatchRequest(create_request=create))
        except AioRpcError as error:
            raise self._failure(error) from error
        return await self._read()

    def _start(self) -> int:
        # From one revision earlier than needed, which the grouper leaves out. When history is
        # compacted at exactly the first revision needed, etcd may have dropped a deletion made by
        # it and yet accepts the watch; from one earlier it says that it is compacted.
        # Source: etcd issues 18089 and 19179. 0 is etcd's "from now".
        return max(self._groups.next_revision - 1, min(self._groups.next_revision, 1))

    async def _read(self) -> WatchResponse:
        call = self._call
        if call is None:
            raise ConnectionFailedError("the watch was ended here")
        try:
            answer = await call.read()
        except AioRpcError as error:
            raise self._failure(error) from error
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            # Not our task but the call was cancelled: by `cancel`, or with the channel.
            raise ConnectionFailedError("the watch was ended here") from None
        if not isinstance(answer, WatchResponse):
            raise ConnectionFailedError("etcd ended the watch")
        return answer

    def _check(self, answer: WatchResponse) -> None:
        """Raise what a cancelled watch means."""
        if not answer.canceled:
            return
        reason = answer.cancel_reason.removeprefix("etcdserver: ")
        if answer.compact_revision:
            raise RevisionCompactedError(reason or "compacted", answer.compact_revision)
        if "permission denied" in reason or token_is_stale(reason):
            raise self._denied(reason)
        raise EtcdError(f"etcd ended the watch: {reason}")

    def _failure(self, error: AioRpcError) -> EtcdError:
        failure = translate(error, str(self._connection))
        if isinstance(failure, PermissionDeniedError):
            return self._denied(str(failure))
        return ConnectionFailedError(str(failure))

    def _denied(self, reason: str) -> EtcdError:
        """Try a new token before believing that permission is denied: a restarted member says this
        of tokens that it has forgotten.
        """
        if self._renewed:
            return PermissionDeniedError(f"etcd refuses to watch: {reason}")
        self._renewed = True
        self._connection.forget_token()
        return ConnectionFailedError(reason)

    async def _check_not_set_back(self, answer: WatchResponse) -> None:
        """Raise if the store is older than what was yielded, or another one: etcd would silently
        wait for the revision to come up again.
        """
        seen = self._groups.next_revision - 1
        cluster_id = answer.header.cluster_id
        if self._cluster_id not in (0, cluster_id):
            raise RevisionCompactedError("another cluster answers than before")
        self._cluster_id = cluster_id
        if answer.header.revision >= seen:
            return
        # A member may merely lag behind the others; a linearizable read knows.
        present = await self._connection.call(RANGE, RangeRequest(key=self._first, count_only=True))
        if present.header.revision < seen:
            raise RevisionCompactedError(
                f"the store was set back to revision {present.header.revision} from {seen}"
            )

    def _drop(self) -> None:
        self._groups.restart()
        if self._call is not None:
            self._call.cancel()
            self._call = None

"""The responses that one PoP keeps, and those that it makes in the background."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Final, TypeAlias

from weftline.clock import Clock
from weftline_core.errors import CallerError, Unavailable
from weftline_node.asked import Alternative
from weftline_node.delivery import Keeper
from weftline_node.job import Client, Job
from weftline_node.kept.background import Background
from weftline_node.kept.keeper import AnswerKeeper, Both
from weftline_node.kept.plan import KeepPlan, planned
from weftline_node.kept.store import STORE_BYTES_MAX, Kept, ResponseStore

# Responses made in the background at once. Each holds a place at an endpoint and up to
# LOG_BYTES_MAX of memory, and no client's patience limits how many there are.
RUNNING_MAX: Final = 1024

# The same of one tenant, so that one can't take all places.
RUNNING_PER_TENANT_MAX: Final = 256

# What was asked of all that are made in the background: none of it can make room for others.
RUNNING_ASKED_BYTES_MAX: Final = STORE_BYTES_MAX // 4

# When a place may be free again: a short answer's time.
FULL_RETRY_S: Final = 5.0

Go: TypeAlias = Callable[[Job, Client, Keeper | None], None]


class Responses:
    """What `POST /v1/responses` keeps. It belongs to the loop in which it is built."""

    def __init__(self, clock: Clock, store: ResponseStore | None = None) -> None:
        self._clock = clock
        self._store = store or ResponseStore()
        self._running: dict[Background, None] = {}
        self._per_tenant: Counter[str] = Counter()
        self._closing = False
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def count(self) -> int:
        """Return how many responses are kept, those in progress included."""
        return self._store.count

    @property
    def size(self) -> int:
        """Return the bytes of all that is kept."""
        return self._store.size

    @property
    def running(self) -> int:
        """Return how many responses are made in the background now."""
        return len(self._running)

    def planned(
        self, tenant: str, found: tuple[Alternative, ...]
    ) -> tuple[tuple[Alternative, ...], KeepPlan]:
        """Return a request as it is to be asked, and what becomes of its answer.

        Raises:
            CallerError: what it says of keeping is wrong, or what it goes on from is not here.
            Unavailable: too many are made in the background already.
        """
        first, plan = planned(self._store, tenant, found[0], self._clock.now_s())
        if plan.background:
            self._check_room(tenant)
        return (first, *found[1:]), plan

    def keeper(self, plan: KeepPlan, other: Keeper | None) -> Keeper | None:
        """Return what keeps an answer on its way to the client. other: who wants it as well."""
        if not plan.keep:
            return other
        own = AnswerKeeper(self._store, self._clock, plan)
        return own if other is None else Both(other, own)

    def detach(self, plan: KeepPlan, job: Job, client: Client, go: Go) -> None:
        """Make a response in the background, and tell the client which. go: asks the endpoints."""
        made = Background(self._store, self._clock, plan, job, client, self._ended)
        go(job, made, made)
        if made.turned_away:
            return
        self._running[made] = None
        self._per_tenant[plan.tenant] += 1
        self._idle.clear()
        made.announce()

    def find(self, tenant: str, response_id: str) -> Kept:
        """Return a kept response.

        Raises:
            NotFound: this tenant has none of this id.
        """
        return self._store.get(tenant, response_id, self._clock.now_s())

    def cancel(self, tenant: str, response_id: str) -> Kept:
        """End a response that is made in the background; one that has ended stays as it is.

        Raises:
            NotFound: this tenant has none of this id.
            CallerError: it was not made in the background.
        """
        kept = self.find(tenant, response_id)
        if kept.log is None:
            raise CallerError("Cannot cancel a synchronous response.")
        if kept.run is not None:
            kept.run.cancel()
        return kept

    def delete(self, tenant: str, response_id: str) -> None:
        """Keep a response no longer, and make it no longer.

        Raises:
            NotFound: this tenant has none of this id.
        """
        kept = self.find(tenant, response_id)
        self._store.remove(kept)
        if kept.run is not None:
            kept.run.cancel()

    async def close(self, wait_s: float) -> None:
        """Take no more in the background, let those in progress end within `wait_s`, and have the
        rest fail.
        """
        self._closing = True
        try:
            async with asyncio.timeout(wait_s):
                await self._idle.wait()
        except TimeoutError:
            for made in list(self._running):
                made.fail()

    def _check_room(self, tenant: str) -> None:
        if self._closing:
            raise Unavailable("this PoP is being stopped", retry_after_s=FULL_RETRY_S)
        if self._per_tenant[tenant] >= RUNNING_PER_TENANT_MAX:
            raise Unavailable(
                f"{RUNNING_PER_TENANT_MAX} of your responses are made in the background already "
                "(RUNNING_PER_TENANT_MAX): wait for one of them, or cancel it",
                retry_after_s=FULL_RETRY_S,
            )
        if len(self._running) >= RUNNING_MAX:
            raise Unavailable(
                "this PoP makes as many responses in the background as it can (RUNNING_MAX)",
                retry_after_s=FULL_RETRY_S,
            )
        asked = sum(made.kept.turn.size for made in self._running)
        if asked > RUNNING_ASKED_BYTES_MAX:
            raise Unavailable(
                "the responses that this PoP makes in the background were asked for with as many "
                "bytes as it can hold (RUNNING_ASKED_BYTES_MAX)",
                retry_after_s=FULL_RETRY_S,
            )

    def _ended(self, made: Background) -> None:
        """Give a place free."""
        del self._running[made]
        tenant = made.kept.tenant
        self._per_tenant[tenant] -= 1
        if not self._per_tenant[tenant]:
            del self._per_tenant[tenant]
        if not self._running:
            self._idle.set()

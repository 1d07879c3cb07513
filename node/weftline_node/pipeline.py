"""The life of one request: authenticate, read, route, attempt, relay, settle.

This file tells the story up to the first attempt and hands the rest to an `Exchange`.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol, cast

import msgspec

from weftline.clock import Clock
from weftline_core.answer_cache import CachePolicy, policy_of
from weftline_core.attempts import Patience
from weftline_core.book import Book
from weftline_core.catalog import Catalog
from weftline_core.counting import CountAsk
from weftline_core.desired import Desired, Key, Model
from weftline_core.dialects.dialect import Front
from weftline_core.errors import CallerError, MeshError, Unavailable, UnknownModel
from weftline_core.http1.request import HttpRequest
from weftline_core.ids import NodeId, new_request_id
from weftline_core.key_ring import KeyState
from weftline_core.limits import ATTEMPTS_MAX, QUOTED_CHARS_MAX
from weftline_core.record import Outcome, Record
from weftline_core.retry_budget import RetryBudget
from weftline_core.rng import Rng
from weftline_node.asked import Alternative, Asked, Face, asked_of
from weftline_node.cache import AnswerCache
from weftline_node.delivery import Keeper
from weftline_node.dial import DialTable, Way
from weftline_node.exchange import Exchange
from weftline_node.job import Client, Job, Services
from weftline_node.kept.plan import NO_KEEP_PLAN, KeepPlan
from weftline_node.kept.responses import Responses
from weftline_node.repeats import Repeats
from weftline_node.reply import NO_STREAM_IN_1_0, mesh_lines, refusal, whole
from weftline_node.upstream import UpstreamPool
from weftline_node.ways import Chooser, WayFinder

# An answer that is not streamed shows its first content when it is whole. Eight times the wait for
# a first token is a few thousand tokens more on a busy engine.
WHOLE_ANSWER_WAITS = 8

# When a client of a drained PoP may ask here again; by then its own balancer has moved it.
DRAINED_RETRY_S = 5.0

# When a client of a PoP that has just started may ask again; its first state takes a round trip.
FIRST_STATE_S = 1.0

_OK = 200


class Authenticator(Protocol):
    """Tells from a request's headers whose it is."""

    def swap(self, catalog: Catalog) -> None:
        """Know these keys from now on."""
        ...

    def key(self, headers: Mapping[bytes, bytes]) -> Key:
        """Return the key that a request shows.

        Raises:
            Unauthenticated: none, or an unknown one.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineSettings:
    """What the pipeline of one PoP is told at start."""

    pop: NodeId
    patience: Patience = field(default_factory=Patience)


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineParts:
    """What the pipeline stands on. rng: for request ids, so unguessable outside tests."""

    clock: Clock
    rng: Rng
    authenticator: Authenticator
    selector: Chooser
    book: Book
    pool: UpstreamPool
    cache: AnswerCache


class Pipeline:
    """Takes requests and answers each of them, exactly once, through the client it came from.

    It belongs to the loop in which it is built. on_record: called once a request, when it has
    ended.
    """

    def __init__(
        self, settings: PipelineSettings, parts: PipelineParts, on_record: Callable[[Record], None]
    ) -> None:
        self._settings = settings
        self._parts = parts
        self._on_record = on_record
        self._catalog = Catalog.of(Desired.EMPTY)
        self._finder = WayFinder(parts.selector, parts.clock)
        self._repeats = Repeats(parts.cache, parts.clock, on_record)
        self._responses = Responses(parts.clock)
        self._drained = False
        self._lines = mesh_lines(settings.pop, 0)
        self._patiences: dict[tuple[str, bool], Patience] = {}
        self._services = Services(
            clock=parts.clock,
            call_at=asyncio.get_running_loop().call_at,
            book=parts.book,
            pool=parts.pool,
            budget=RetryBudget(parts.clock.now_s()),
            rings=self._finder.rings,
            on_record=on_record,
        )

    @property
    def catalog(self) -> Catalog:
        """Return the catalog in force."""
        return self._catalog

    @property
    def drained(self) -> bool:
        """Return whether the operator wants no new requests here."""
        return self._drained

    @property
    def responses(self) -> Responses:
        """Return the responses that are kept here."""
        return self._responses

    def key_states(self) -> Mapping[str, list[KeyState]]:
        """Return how the keys of each endpoint stand, by its name; no key itself."""
        return self._finder.rings.states(self._parts.clock.now_s())

    def swap(self, catalog: Catalog, dials: DialTable) -> None:
        """Serve by this catalog from the next request on; requests in progress keep theirs."""
        self._catalog = catalog
        self._finder.swap(dials)
        self._lines = mesh_lines(self._settings.pop, catalog.revision)
        self._patiences = {
            (model.name, stream): patience_for(self._settings.patience, model, stream=stream)
            for model in catalog.models
            for stream in (False, True)
        }
        self._parts.authenticator.swap(catalog)
        self._parts.pool.swap(dials)
        pop = catalog.pop(self._settings.pop)
        self._drained = pop is not None and pop.drain

    def authenticate(self, headers: Mapping[bytes, bytes]) -> Key:
        """Return the key that a request shows.

        Raises:
            Unauthenticated: none, or an unknown one.
            Unavailable: this PoP has just started and knows no keys at all yet.
        """
        if not self._catalog.revision:
            # An SDK takes a 401 as final, and every key is unknown here until the first state.
            raise Unavailable(
                f"PoP '{self._settings.pop}' has no desired state yet", retry_after_s=FIRST_STATE_S
            )
        return self._parts.authenticator.key(headers)

    def begin(self, asked: Asked, http: HttpRequest, client: Client) -> None:
        """Take a request and see to it that `client` gets its answer."""
        clock = self._parts.clock
        started_s, started_unix_ms = clock.now_s(), clock.unix_ms()
        request_id = new_request_id(started_unix_ms, self._parts.rng)
        draft = _Draft(request_id, started_s, asked.face, asked.front)
        plan = NO_KEEP_PLAN
        try:
            self._check_open()
            draft.tenant = self.authenticate(http.headers).tenant
            found = asked.alternatives(http)
            if asked.kept:
                found, plan = self._responses.planned(draft.tenant, found)
            first = found[0]
            draft.front = first.ask.front
            stream = draft.streamed = first.ask.request.stream
            # One in the background streams to us, whatever its client reads.
            reads_stream = plan.stream if plan.background else stream
            if reads_stream and http.version != "1.1":
                raise CallerError(NO_STREAM_IN_1_0)
            ways = self._ways(found, draft)
            if not ways:
                self._estimate(cast("CountAsk", first.ask), draft, client)
                return
            policy = policy_of(first.headers or http.headers, ways[0].model.cache_ttl_s)
        except MeshError as error:
            self._turn_away(error, draft, client)
            return
        wishes = first.wishes
        # Of several alternatives each has its own patience, or none.
        wait_s = wishes.first_content_s if len(found) == 1 else None
        job = Job(
            request_id=request_id,
            tenant=draft.tenant,
            ways=ways,
            asks=tuple([alternative.ask for alternative in found]),
            stream=stream,
            patience=self._patience(ways[0].model, wait_s, stream=stream),
            attempts_max=sum([one.wishes.attempts_max or ATTEMPTS_MAX for one in found]),
            wishes=wishes,
            lines=f"x-request-id: {request_id}\r\n{self._lines}",
            prompt_bytes=len(http.body) + plan.earlier_bytes,
            started_s=started_s,
            routed_s=clock.now_s(),
            started_unix_s=started_unix_ms // 1000,
            said=plan.said,
            face=asked.face,
            asked_of="" if policy.idle else asked_of(found),
            cached=not (policy.idle or plan.background),
            gateway=first.gateway,
        )
        self._serve(job, plan, policy, client)

    def _serve(self, job: Job, plan: KeepPlan, policy: CachePolicy, client: Client) -> None:
        """Answer from what is kept, in the background, or as ever."""
        if plan.background:
            self._responses.detach(plan, job, client, self._exchange)
        elif policy.idle:
            self._exchange(job, client, self._responses.keeper(plan, None))
        else:
            self._repeats.serve(
                job,
                policy,
                client,
                lambda keeper: self._exchange(job, client, self._responses.keeper(plan, keeper)),
            )

    def _exchange(self, job: Job, client: Client, keeper: Keeper | None) -> None:
        exchange = Exchange(job, self._services, client, keeper)
        client.serve(exchange)
        exchange.start()

    def _ways(self, found: tuple[Alternative, ...], draft: "_Draft") -> tuple[Way, ...]:
        """Return the ways of all alternatives, in their order.

        Raises:
            MeshError: there is none; it is the first one's reason.
        """
        if len(found) == 1:
            return self._finder.find(found[0], self._model(found[0], draft))
        ways: list[Way] = []
        first: MeshError | None = None
        for nth, alternative in enumerate(found):
            try:
                model = self._model(alternative, draft)
                wait_s = alternative.wishes.first_content_s
                ways += [
                    way.for_alternative(nth, wait_s)
                    for way in self._finder.find(alternative, model)
                ]
            except MeshError as error:
                first = first or error
        if not ways and first is not None:
            raise first
        return tuple(ways)

    def _check_open(self) -> None:
        if self._drained:
            raise Unavailable(
                f"PoP '{self._settings.pop}' is being drained: send this to another PoP",
                retry_after_s=DRAINED_RETRY_S,
            )

    def _model(self, alternative: Alternative, draft: "_Draft") -> Model:
        request, catalog, there = alternative.ask.request, self._catalog, alternative.there
        known = [] if there is None else [catalog.called(*there)]
        known += [catalog.model(name, request.task) for name in alternative.names]
        for model in known:
            if model is not None and model.task == request.task:
                draft.model = draft.model or model.name
                return model
        other = next((m for n in alternative.names if (m := catalog.model(n))), None)
        if other is None:
            raise UnknownModel.named(request.model)
        name = request.model[:QUOTED_CHARS_MAX]
        raise CallerError(
            f"the model '{name}' does {other.task}, not {request.task}", param="model"
        )

    def _patience(self, model: Model, wait_s: float | None, *, stream: bool) -> Patience:
        patience = self._patiences[model.name, stream]
        return patience if wait_s is None else replace(patience, first_content_s=wait_s)

    def _estimate(self, ask: CountAsk, draft: "_Draft", client: Client) -> None:
        """Answer a count that no endpoint can make."""
        lines = f"x-request-id: {draft.request_id}\r\n{self._lines}x-weft-estimated: tokens\r\n"
        body = ask.answer(ask.estimate())
        client.write(whole(_OK, body, lines, close=client.closing))
        client.finish()
        self._on_record(draft.record(Outcome.OK, _OK, self._parts.clock.now_s()))

    def _turn_away(self, error: MeshError, draft: "_Draft", client: Client) -> None:
        face = draft.face
        more = "" if face is None else face.lines(draft.request_id, None, None, None)
        lines = f"x-request-id: {draft.request_id}\r\n{self._lines}{more}"
        client.write(
            refusal(
                error,
                lines,
                close=client.closing,
                front=draft.front,
                request_id=draft.request_id,
            )
        )
        client.finish()
        outcome = Outcome.REJECTED if isinstance(error, CallerError) else Outcome.FAILED
        now_s = self._parts.clock.now_s()
        self._on_record(draft.record(outcome, error.status, now_s, error.code))


class _Draft(msgspec.Struct):
    """What is known of a request before it is a job. front: in whose words errors are told."""

    request_id: str
    started_s: float
    face: Face | None
    front: Front
    tenant: str = ""
    model: str = ""
    streamed: bool = False

    def record(
        self, outcome: Outcome, status: int, now_s: float, code: str | None = None
    ) -> Record:
        """Return the record of a request for which no endpoint was asked."""
        return Record(
            request_id=self.request_id,
            tenant=self.tenant,
            model=self.model,
            endpoint="",
            attempts=0,
            status=status,
            outcome=outcome,
            streamed=self.streamed,
            ttft_ms=None,
            total_ms=(now_s - self.started_s) * 1e3,
            dialect=self.front.name,
            error_code=code,
        )


def patience_for(patience: Patience, model: Model, *, stream: bool) -> Patience:
    """Return how long a request for `model` may take."""
    first_s = patience.first_content_s
    if model.first_token_ms is not None:
        first_s = model.first_token_ms / 1000
    if not stream and model.task == "chat":
        first_s = min(first_s * WHOLE_ANSWER_WAITS, patience.total_s)
    return replace(patience, first_content_s=first_s)

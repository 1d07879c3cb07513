"""The life of one request: authenticate, read, route, attempt, relay, settle.

This file tells the story up to the first attempt and hands the rest to an `Exchange`.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

import msgspec

from weftline.clock import Clock
from weftline_core.attempts import Patience
from weftline_core.book import Book
from weftline_core.catalog import Catalog
from weftline_core.desired import Desired, Key, Model, Task
from weftline_core.dialects.openai import ClientRequest, parse_request
from weftline_core.errors import CallerError, MeshError, Unavailable, UnknownModel
from weftline_core.http1.request import HttpRequest
from weftline_core.ids import NodeId, new_request_id
from weftline_core.record import Outcome, Record
from weftline_core.retry_budget import RetryBudget
from weftline_core.rng import Rng
from weftline_core.routing import Plan
from weftline_node.dial import Dial, DialTable
from weftline_node.exchange import Exchange
from weftline_node.job import Client, Job, Services
from weftline_node.reply import mesh_lines, refusal
from weftline_node.upstream import UpstreamPool

# An answer that is not streamed shows its first content when it is whole. Eight times the wait for
# a first token is a few thousand tokens more on a busy engine.
WHOLE_ANSWER_WAITS = 8

# When a client of a drained PoP may ask here again; by then its own balancer has moved it.
DRAINED_RETRY_S = 5.0

# When a client of a PoP that has just started may ask again; its first state takes a round trip.
FIRST_STATE_S = 1.0

# A model name is quoted back to the client in errors, cut to what fits a line.
QUOTED_CHARS_MAX = 80


_NO_STREAM_IN_1_0 = "streaming needs HTTP/1.1: with 1.0 a cut cannot be told from the end"


class Chooser(Protocol):
    """Answers where a request for a model should go."""

    def plan(self, model: Model) -> Plan:
        """Return the endpoints to try, best first."""
        ...


class Doorkeeper(Protocol):
    """Knows client keys."""

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
    doorkeeper: Doorkeeper
    selector: Chooser
    book: Book
    pool: UpstreamPool


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
        self._dials = DialTable({})
        self._drained = False
        self._lines = mesh_lines(settings.pop, 0)
        self._patiences: dict[tuple[str, bool], Patience] = {}
        self._services = Services(
            clock=parts.clock,
            call_at=asyncio.get_running_loop().call_at,
            book=parts.book,
            pool=parts.pool,
            budget=RetryBudget(parts.clock.now_s()),
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

    def swap(self, catalog: Catalog, dials: DialTable) -> None:
        """Serve by this catalog from the next request on; requests in progress keep theirs."""
        self._catalog = catalog
        self._dials = dials
        self._lines = mesh_lines(self._settings.pop, catalog.revision)
        self._patiences = {
            (model.name, stream): patience_for(self._settings.patience, model, stream=stream)
            for model in catalog.models
            for stream in (False, True)
        }
        self._parts.doorkeeper.swap(catalog)
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
        return self._parts.doorkeeper.key(headers)

    def begin(self, task: Task, http: HttpRequest, client: Client) -> None:
        """Take a request and see to it that `client` gets its answer."""
        clock = self._parts.clock
        started_s = clock.now_s()
        request_id = new_request_id(clock.unix_ms(), self._parts.rng)
        draft = _Draft(request_id, started_s)
        try:
            self._check_open()
            draft.tenant = self.authenticate(http.headers).tenant
            request = parse_request(task, http.body)
            draft.streamed = request.stream
            model = self._model(request)
            draft.model = model.name
            if request.stream and http.version != "1.1":
                raise CallerError(_NO_STREAM_IN_1_0)
            dials = self._route(request, model)
        except MeshError as error:
            self._turn_away(error, draft, client)
            return
        job = Job(
            request_id=request_id,
            tenant=draft.tenant,
            request=request,
            model=model,
            dials=dials,
            patience=self._patiences[model.name, request.stream],
            lines=f"x-request-id: {request_id}\r\n{self._lines}",
            prompt_bytes=len(http.body),
            started_s=started_s,
            routed_s=clock.now_s(),
        )
        exchange = Exchange(job, self._services, client)
        client.serve(exchange)
        exchange.start()

    def _check_open(self) -> None:
        if self._drained:
            raise Unavailable(
                f"PoP '{self._settings.pop}' is being drained: send this to another PoP",
                retry_after_s=DRAINED_RETRY_S,
            )

    def _model(self, request: ClientRequest) -> Model:
        model = self._catalog.model(request.model)
        if model is None:
            raise UnknownModel(
                f"the model '{request.model[:QUOTED_CHARS_MAX]}' does not exist here; "
                "GET /v1/models lists those that do",
                param="model",
            )
        if model.task != request.task:
            raise CallerError(
                f"the model '{model.name}' does {model.task}, not {request.task}", param="model"
            )
        return model

    def _route(self, request: ClientRequest, model: Model) -> tuple[Dial, ...]:
        """Return the plan's endpoints that can be dialled from here for this request."""
        plan = self._parts.selector.plan(model)
        task, usable = request.task, self._dials.usable
        dials = [dial for step in plan.steps if (dial := usable(step.endpoint.name, task))]
        if not dials:
            raise Unavailable(_why_none(plan))
        if request.stream:
            dials = [d for d in dials if d.provider is not None and d.provider.passthrough]
            if not dials:
                raise CallerError(
                    f"the model '{model.name}' cannot be streamed: leave 'stream' out",
                    param="stream",
                )
        return tuple(dials)

    def _turn_away(self, error: MeshError, draft: "_Draft", client: Client) -> None:
        lines = f"x-request-id: {draft.request_id}\r\n{self._lines}"
        client.write(refusal(error, lines, close=client.closing))
        client.finish()
        ours = not isinstance(error, CallerError)
        record = Record(
            request_id=draft.request_id,
            tenant=draft.tenant,
            model=draft.model,
            endpoint="",
            attempts=0,
            status=error.status,
            outcome=Outcome.FAILED if ours else Outcome.REJECTED,
            streamed=draft.streamed,
            ttft_ms=None,
            total_ms=(self._parts.clock.now_s() - draft.started_s) * 1e3,
            error_code=error.code,
        )
        self._on_record(record)


class _Draft(msgspec.Struct):
    """What is known of a request before it is a job."""

    request_id: str
    started_s: float
    tenant: str = ""
    model: str = ""
    streamed: bool = False


def patience_for(patience: Patience, model: Model, *, stream: bool) -> Patience:
    """Return how long a request for `model` may take."""
    first_s = patience.first_content_s
    if model.first_token_ms is not None:
        first_s = model.first_token_ms / 1000
    if not stream and model.task == "chat":
        first_s = min(first_s * WHOLE_ANSWER_WAITS, patience.total_s)
    return replace(patience, first_content_s=first_s)


def _why_none(plan: Plan) -> str:
    if not plan.steps:
        return plan.why_empty()
    return f"no endpoint of '{plan.model}' can be dialled from this PoP; its operator sees why"

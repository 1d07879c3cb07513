"""What is answered below `/v1/responses/`: kept responses, their events and what was asked."""

from collections.abc import Callable, Mapping
from typing import ClassVar, Final, Literal, TypeAlias
from urllib.parse import unquote

import msgspec
import orjson

from weftline_core.dialects.responses.keeping import PAGE_ITEMS_DEFAULT, item_page
from weftline_core.dialects.responses.log import ResponseLog
from weftline_core.errors import CallerError, MethodNotAllowed
from weftline_core.http1.request import HttpRequest
from weftline_node.ingress.query import query_of
from weftline_node.job import Client
from weftline_node.kept.reader import EVENTS_GONE, LogReader
from weftline_node.kept.responses import Responses
from weftline_node.kept.store import Kept
from weftline_node.reply import NO_STREAM_IN_1_0, whole

KeptName: TypeAlias = Literal["retrieve", "delete", "cancel", "input_items"]

RESPONSES_PATH: Final = "/v1/responses"

# What follows the id, and by which method it is asked for.
_METHODS: Final[Mapping[str, Mapping[str, KeptName]]] = {
    "": {"GET": "retrieve", "DELETE": "delete"},
    "cancel": {"POST": "cancel"},
    "input_items": {"GET": "input_items"},
}

# OpenAI has these at the place of an id.
_NO_IDS: Final = frozenset(("compact", "input_tokens"))

_OK: Final = 200


class KeptPath(msgspec.Struct, frozen=True):
    """What a path asks of one kept response."""

    name: KeptName
    id: str


class EventsGone(CallerError):
    """Events that were asked for had to make room for later ones."""

    status: ClassVar[int] = 410
    code: ClassVar[str | None] = EVENTS_GONE


def kept_at(method: str, path: str) -> KeptPath | None:
    """Return what a path asks of a kept response; None if it asks nothing of any.

    Raises:
        MethodNotAllowed: it does, but not with this method.
    """
    prefix, _, rest = path.partition(f"{RESPONSES_PATH}/")
    response_id, slash, what = rest.partition("/")
    methods = _METHODS.get(what)
    if prefix or not response_id or response_id in _NO_IDS or methods is None:
        return None
    if slash and not what:
        return None
    name = methods.get(method)
    if name is None:
        allowed = ", ".join(methods)
        raise MethodNotAllowed(f"only {allowed} is answered at this path", allowed=allowed)
    return KeptPath(name, unquote(response_id))


class KeptPages:
    """Answers these requests. tenant_of: whose key a request shows."""

    def __init__(
        self, responses: Responses, tenant_of: Callable[[Mapping[bytes, bytes]], str]
    ) -> None:
        self._responses = responses
        self._tenant_of = tenant_of

    def serve(self, path: KeptPath, request: HttpRequest, client: Client) -> None:
        """Answer a request, or begin to.

        Raises:
            MeshError: it cannot be answered; nothing has been written.
        """
        tenant = self._tenant_of(request.headers)
        query = query_of(request)
        if path.name == "retrieve" and _flag(query, "stream"):
            self._follow(self._responses.find(tenant, path.id), query, request, client)
            return
        body = self._body(path, tenant, query)
        client.write(whole(_OK, body, close=client.closing))
        client.finish()

    def _body(self, path: KeptPath, tenant: str, query: Mapping[str, str]) -> bytes:
        responses = self._responses
        match path.name:
            case "retrieve":
                return responses.find(tenant, path.id).snapshot()
            case "cancel":
                return responses.cancel(tenant, path.id).snapshot()
            case "delete":
                responses.delete(tenant, path.id)
                return orjson.dumps({"id": path.id, "object": "response", "deleted": True})
            case "input_items":
                turn = responses.find(tenant, path.id).turn
                return orjson.dumps(_items(turn.inputs(path.id), query))

    def _follow(
        self, kept: Kept, query: Mapping[str, str], request: HttpRequest, client: Client
    ) -> None:
        """Write the events of a response from the one on that the query names."""
        log = kept.log
        if log is None:
            raise CallerError(
                "only a response that was made in the background can be streamed again: fetch it "
                "without 'stream'",
                param="stream",
            )
        if request.version != "1.1":
            raise CallerError(NO_STREAM_IN_1_0)
        after = _number(query, "starting_after", -1)
        _check_kept(log, after)
        if kept.run is not None:
            kept.run.follow(client, after, "")
        else:
            LogReader(log, client, after, _nobody_waits).start("")


def _check_kept(log: ResponseLog, after: int) -> None:
    if log.batch(after, 1) is None:
        raise EventsGone(
            "the events after this one are no longer all kept: fetch the response without 'stream'",
            param="starting_after",
        )


def _nobody_waits(_: LogReader) -> None:
    """Nothing more comes, so nobody has to know when a reader leaves."""


def _items(items: list[dict[str, object]], query: Mapping[str, str]) -> dict[str, object]:
    order = query.get("order", "desc")
    if order not in ("asc", "desc"):
        raise CallerError("'order' must be asc or desc", param="order")
    return item_page(
        items,
        after=query.get("after"),
        limit=_number(query, "limit", PAGE_ITEMS_DEFAULT),
        ascending=order == "asc",
    )


def _flag(query: Mapping[str, str], name: str) -> bool:
    text = query.get(name, "false").lower()
    if text not in ("true", "false"):
        raise CallerError(f"'{name}' must be true or false", param=name)
    return text == "true"


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 10):  # noqa: PLR2004  # below 2**34
        raise CallerError(f"'{name}' must be a whole number, 0 or more", param=name)
    return int(text)

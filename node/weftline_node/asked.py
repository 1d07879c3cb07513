"""What a path of ours asks for, and in which words: one request, or several to choose from."""

import hashlib
from collections.abc import Mapping
from typing import Literal, Protocol, TypeAlias

import msgspec
import orjson

from weftline_core.ask import Ask
from weftline_core.counting import CountAsk
from weftline_core.dialects.body import parse_body
from weftline_core.dialects.dialect import NO_ARGS, Front, PathArgs
from weftline_core.http1.request import HttpRequest
from weftline_core.wishes import Wishes, wishes_of
from weftline_node.dial import Way

# What the answer cache had to do with an answer; None if it was not asked.
CacheState: TypeAlias = Literal["hit", "miss"] | None


class Alternative(msgspec.Struct, frozen=True, kw_only=True):
    """One request with whose answer the client would be content.

    there: a provider, and what the model is called there; then names: what it may be called in the
    catalog; the first that there is holds. only: the one provider that may be asked. borrowed: the
    client's own key for that provider. headers: those that count instead of the request's own.
    gateway: what the client calls the gateway that it asks.
    """

    ask: Ask
    wishes: Wishes
    names: tuple[str, ...]
    only: str | None = None
    borrowed: str | None = None
    there: tuple[str, str] | None = None
    headers: Mapping[bytes, bytes] | None = None
    gateway: str = ""

    def __repr__(self) -> str:
        # It may hold a client's own key.
        return f"Alternative({self.ask.request.model})"


def asked_of(found: tuple[Alternative, ...]) -> str:
    """Return at which providers and with which keys these requests want to be asked; empty where
    their client leaves that to the mesh. What one key may read, another need not. A borrowed key
    is told by its digest.
    """
    told = [(one.only, one.wishes.key_alias, _mark(one.borrowed)) for one in found]
    return orjson.dumps(told).decode() if any(map(any, told)) else ""


def carried_lines(headers: Mapping[bytes, bytes], names: tuple[bytes, ...]) -> bytes:
    """Return those of a client's headers that go on to the host, each with its line end."""
    return b"".join([b"%b: %b\r\n" % (name, headers[name]) for name in names if name in headers])


def _mark(key: str | None) -> str | None:
    return None if key is None else hashlib.sha256(key.encode("latin-1")).hexdigest()


class Face(Protocol):
    """How answers look at paths that imitate another product."""

    def lines(
        self, request_id: str, event_id: str | None, way: Way | None, cache: CacheState
    ) -> str:
        """Return the headers that its clients look for, each with its line end. event_id: the
        client's own name for the request. way: the one that was gone, if any was.
        """
        ...


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What one path asks for: an answer, in a dialect.

    carried: names of the client's headers that go on to hosts of that dialect. counts: only the
    number of tokens is asked for. form: gives whole answers the form that the path wants. face:
    None where answers look like our own. kept: it is OpenAI's `POST /responses`, whose answers can
    be fetched again.
    """

    front: Front
    args: PathArgs = NO_ARGS
    carried: tuple[bytes, ...] = ()
    counts: bool = False
    form: type[Ask] = Ask
    face: Face | None = None
    kept: bool = False

    def alternatives(self, http: HttpRequest) -> tuple[Alternative, ...]:
        """Return what a request with this path asks for, the best first.

        Raises:
            CallerError: the request breaks its dialect, or a header of ours is wrong.
        """
        headers = http.headers
        wishes = wishes_of(headers)
        request = self.front.request(parse_body(http.body), self.args)
        lines = carried_lines(headers, self.carried)
        ask = (CountAsk if self.counts else self.form)(self.front, request, lines)
        return (Alternative(ask=ask, wishes=wishes, names=(request.model,)),)

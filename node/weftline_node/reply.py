"""Writes HTTP/1.1 answers to clients: heads, whole bodies, chunks."""

from collections.abc import Iterable
from http import HTTPStatus

from weftline_core.dialects.openai import error_body
from weftline_core.errors import MeshError
from weftline_core.retry_after import header_value

LAST_CHUNK = b"0\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

Lines = Iterable[str]
_REASONS = {status.value: status.phrase for status in HTTPStatus}


def mesh_lines(request_id: str, pop: str, revision: int) -> list[str]:
    """Return the headers by which a request can be found again in the mesh."""
    return [f"x-request-id: {request_id}", f"x-weft-pop: {pop}", f"x-weft-revision: {revision}"]


def chunk(data: bytes) -> bytes:
    """Return one chunk of a chunked body; `data` is not empty."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def stream_head(lines: Lines) -> bytes:
    """Return the head of a streamed answer. It never says `connection: close`: with it Node's fetch
    takes a cut for a clean end.
    """
    return _head(
        200,
        ("content-type: text/event-stream; charset=utf-8", "transfer-encoding: chunked", *lines),
    )


def whole(
    status: int,
    body: bytes,
    lines: Lines = (),
    *,
    close: bool = False,
    kind: str = "application/json",
) -> bytes:
    """Return a whole answer; `kind` is its content type."""
    last = ("connection: close",) if close else ()
    first = (f"content-type: {kind}", f"content-length: {len(body)}")
    return _head(status, (*first, *lines, *last)) + body


def refusal(error: MeshError, lines: Lines = (), *, close: bool = False) -> bytes:
    """Return the answer that an error is."""
    more = [*lines]
    if error.retry_after_s is not None:
        more.append(f"retry-after: {header_value(error.retry_after_s)}")
    return whole(error.status, error_body(error), more, close=close)


def _head(status: int, lines: Lines) -> bytes:
    first = f"HTTP/1.1 {status} {_REASONS.get(status, 'Unknown')}"
    return "\r\n".join((first, *lines, "cache-control: no-store", "", "")).encode("latin-1")

"""Writes HTTP/1.1 answers to clients: heads, whole bodies, chunks.

Headers beyond those that every answer has are `lines`: each with its line end.
"""

from http import HTTPStatus

from weftline_core.dialects.chat.front import FRONT
from weftline_core.dialects.dialect import Front
from weftline_core.errors import MeshError
from weftline_core.retry_after import header_value
from weftline_core.verdict import Words

LAST_CHUNK = b"0\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
NO_STREAM_IN_1_0 = "streaming needs HTTP/1.1: with 1.0 a cut cannot be told from the end"

_REASONS = {status.value: status.phrase for status in HTTPStatus}


def mesh_lines(pop: str, revision: int) -> str:
    """Return the headers that say which node answers, and by which desired state."""
    return f"x-weft-pop: {pop}\r\nx-weft-revision: {revision}\r\n"


def header_text(text: str) -> str:
    """Return a client's own text as a header can hold it: it must not write headers of its own."""
    return "".join(c if " " <= c <= "~" else "?" for c in text)


def chunk(data: bytes) -> bytes:
    """Return one chunk of a chunked body; `data` is not empty."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def stream_head(lines: str) -> bytes:
    """Return the head of a streamed answer. It never says `connection: close`: with it Node's fetch
    takes a cut for a clean end.
    """
    return (
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n"
        f"transfer-encoding: chunked\r\n{lines}cache-control: no-store\r\n\r\n"
    ).encode("latin-1")


def whole_head(
    status: int, size: int, lines: str = "", *, close: bool = False, kind: str = "application/json"
) -> bytes:
    """Return the head of a whole answer of `size` bytes; `kind` is its content type."""
    last = "connection: close\r\n" if close else ""
    return (
        f"HTTP/1.1 {status} {_REASONS.get(status, 'Unknown')}\r\ncontent-type: {kind}\r\n"
        f"content-length: {size}\r\n{lines}{last}cache-control: no-store\r\n\r\n"
    ).encode("latin-1")


def whole(
    status: int,
    body: bytes,
    lines: str = "",
    *,
    close: bool = False,
    kind: str = "application/json",
) -> bytes:
    """Return a whole answer; `kind` is its content type."""
    return whole_head(status, len(body), lines, close=close, kind=kind) + body


def words_of(error: MeshError) -> Words:
    """Return an error of the mesh as every dialect can tell it."""
    return Words(
        message=error.message,
        kind=error.kind,
        param=error.param,
        code=error.code,
        retry_after_s=error.retry_after_s,
    )


def refusal(
    error: MeshError,
    lines: str = "",
    *,
    close: bool = False,
    front: Front = FRONT,
    request_id: str = "",
) -> bytes:
    """Return the answer that an error is, in the client's dialect."""
    if error.retry_after_s is not None:
        lines += f"retry-after: {header_value(error.retry_after_s)}\r\n"
    status, body = front.error(error.status, words_of(error), request_id)
    return whole(status, body, lines, close=close)

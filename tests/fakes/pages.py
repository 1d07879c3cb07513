"""A few JSON pages on a real HTTP server in a thread of its own."""

import json
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@dataclass(slots=True)
class Pages:
    """Where the pages are, and who asked how."""

    url: str = ""
    authorizations: list[str | None] = field(default_factory=list[str | None])
    queries: list[dict[str, list[str]]] = field(default_factory=list[dict[str, list[str]]])


@contextmanager
def answering(pages: Mapping[str, object], status: int = 200) -> Generator[Pages]:
    """Serve `pages`, path to JSON value (bytes as they are), each with `status`."""
    seen = Pages()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            seen.authorizations.append(self.headers.get("authorization"))
            seen.queries.append(parse_qs(parts.query))
            page = pages.get(parts.path)
            body = page if isinstance(page, bytes) else json.dumps(page).encode()
            self.send_response(status if parts.path in pages else 404)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    seen.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10.0)

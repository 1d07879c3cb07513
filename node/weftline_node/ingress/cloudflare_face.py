"""The response headers that Cloudflare's clients look for.

Source: Cloudflare's AI Gateway, its response headers.
"""

from dataclasses import dataclass
from typing import Final

from weftline_core.cloudflare.names import theirs
from weftline_node.asked import CacheState, Face
from weftline_node.dial import Way
from weftline_node.reply import header_text


@dataclass(frozen=True, slots=True)
class CloudflareFace:
    """Answers at Cloudflare's paths. workers_ai: its own models may have answered, which name a
    request by a header of their own. steps: a step of several may have.
    """

    workers_ai: bool = False
    steps: bool = True

    def lines(
        self, request_id: str, event_id: str | None, way: Way | None, cache: CacheState
    ) -> str:
        """Return the headers, each with its line end. Log and request have the same id here."""
        told = f"cf-aig-log-id: {request_id}\r\ncf-aig-request-id: {request_id}\r\n"
        if event_id is not None:
            told += f"cf-aig-event-id: {header_text(event_id)}\r\n"
        if self.workers_ai:
            told += f"cf-ai-req-id: {request_id}\r\n"
        if cache is not None:
            told += f"cf-aig-cache-status: {cache.upper()}\r\n"
        if way is not None:
            provider = theirs(way.dial.endpoint.provider)
            told += f"cf-aig-model: {way.model.name}\r\ncf-aig-provider: {provider}\r\n"
        if self.steps and (way is not None or cache == "hit"):
            # Only what the first step has answered is ever kept.
            told += f"cf-aig-step: {0 if way is None else way.alternative}\r\n"
        return told


GATEWAY_FACE: Final[Face] = CloudflareFace()
WORKERS_AI_FACE: Final[Face] = CloudflareFace(workers_ai=True)
REST_FACE: Final[Face] = CloudflareFace(workers_ai=True, steps=False)

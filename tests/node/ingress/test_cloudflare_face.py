"""The headers that Cloudflare's clients look for."""

import msgspec

from tests.fakes.jobs import job
from weftline_node.ingress.cloudflare_face import GATEWAY_FACE, REST_FACE, WORKERS_AI_FACE

WAY = job().ways[0]
IDS = "cf-aig-log-id: r\r\ncf-aig-request-id: r\r\n"


def test_before_anything_was_asked() -> None:
    assert GATEWAY_FACE.lines("r", None, None, None) == IDS


def test_who_has_answered() -> None:
    gone = msgspec.structs.replace(WAY, alternative=2)
    assert GATEWAY_FACE.lines("r", None, gone, "miss") == (
        f"{IDS}cf-aig-cache-status: MISS\r\ncf-aig-model: {gone.model.name}\r\n"
        f"cf-aig-provider: {gone.dial.endpoint.provider}\r\ncf-aig-step: 2\r\n"
    )


def test_what_is_kept_is_the_first_steps() -> None:
    assert GATEWAY_FACE.lines("r", None, None, "hit") == (
        f"{IDS}cf-aig-cache-status: HIT\r\ncf-aig-step: 0\r\n"
    )
    assert "cf-aig-step" not in REST_FACE.lines("r", None, WAY, "hit")


def test_workers_ai_has_an_id_of_its_own() -> None:
    assert "cf-ai-req-id: r\r\n" in WORKERS_AI_FACE.lines("r", None, None, None)


def test_a_clients_words_cannot_write_headers() -> None:
    lines = GATEWAY_FACE.lines("r", "a\r\nb: c\ufffd", None, None)
    assert lines.endswith("cf-aig-event-id: a??b: c?\r\n")

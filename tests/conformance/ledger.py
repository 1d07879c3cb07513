"""What the table of losses says about one request, by the paths that its dialect's reader notes."""

from dataclasses import dataclass
from typing import Final, cast

from tests.conformance.upstreams import Upstream
from tests.conformance.wants import Json
from weftline_core.chat.features import Feature
from weftline_core.dialects.chat.front import FRONT as CHAT
from weftline_core.dialects.dialect import ChatFront, PathArgs
from weftline_core.dialects.generate.front import FRONT as GENERATE
from weftline_core.dialects.losses import Loss
from weftline_core.dialects.messages.front import FRONT as MESSAGES
from weftline_core.dialects.responses.front import FRONT as RESPONSES
from weftline_core.errors import CallerError

FRONTS: Final[dict[str, ChatFront]] = {
    "chat": CHAT,
    "responses": RESPONSES,
    "messages": MESSAGES,
    "generate": GENERATE,
}


@dataclass(frozen=True, slots=True)
class Ledger:
    """dropped, refused: paths. noted: each feature that was seen, and where."""

    dropped: frozenset[str]
    refused: frozenset[str]
    noted: dict[Feature, str]


def ledger(client: str, upstream: Upstream, body: Json) -> Ledger:
    """Return what must become of a request."""
    front = FRONTS[client]
    args = PathArgs(model="m/chat", stream=False) if client == "generate" else PathArgs()
    try:
        request = front.request(cast("dict[str, object]", dict(body)), args)
        asked = front.conversation(request)
    except CallerError:
        return Ledger(frozenset(), frozenset(), {})
    if upstream.native(client):
        return Ledger(frozenset(), frozenset(), asked.paths)
    lost: dict[Loss, set[str]] = {Loss.DROP: set(), Loss.REFUSE: set()}
    for feature, path in asked.paths.items():
        loss = upstream.back.losses.get(feature)
        if loss is not None:
            lost[loss] |= set(asked.unknown) if feature is Feature.UNKNOWN else {path}
    return Ledger(frozenset(lost[Loss.DROP]), frozenset(lost[Loss.REFUSE]), asked.paths)

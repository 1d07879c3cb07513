"""Every way in which an attempt at an endpoint can fail, and what each one means.

One table answers three questions for the whole mesh: may another endpoint be tried, does the
failure count against the endpoint's health, and which HTTP status does the client see when nobody
is left to try.
"""

from dataclasses import dataclass
from enum import Enum


class Failure(Enum):
    """What went wrong with one attempt."""

    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    CONNECT_TIMEOUT = "connect_timeout"
    STALE = "stale"
    RESET = "reset"
    SILENT = "silent"
    STALLED = "stalled"
    TRUNCATED = "truncated"
    BROKEN = "broken"
    SERVER_ERROR = "server_error"
    OVERLOADED = "overloaded"
    RATE_LIMITED = "rate_limited"
    QUOTA = "quota"
    DENIED = "denied"
    NOT_FOUND = "not_found"
    UNFIT = "unfit"
    CALLER = "caller"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a failure means.

    try_next: another endpoint may do better, so the request goes on.
    hurts: the failure counts against the endpoint's health.
    status: the HTTP status the client gets when this was the last attempt.
    words: a clause that completes "the endpoint ...".
    of_key: it is about the key that was shown, so that another key may do better.
    """

    try_next: bool
    hurts: bool
    status: int
    words: str
    of_key: bool = False


MEANINGS: dict[Failure, Meaning] = {
    Failure.REFUSED: Meaning(True, True, 502, "refused the connection"),
    Failure.UNREACHABLE: Meaning(True, True, 502, "could not be reached"),
    Failure.CONNECT_TIMEOUT: Meaning(True, True, 504, "did not accept a connection in time"),
    # A kept connection that the endpoint had closed: the request was never seen, so nobody is to
    # blame.
    Failure.STALE: Meaning(True, False, 502, "had closed an idle connection"),
    Failure.RESET: Meaning(True, True, 502, "dropped the connection before answering"),
    Failure.SILENT: Meaning(True, True, 504, "sent no first token in time"),
    Failure.STALLED: Meaning(True, True, 504, "stopped sending in mid-answer"),
    Failure.TRUNCATED: Meaning(True, True, 502, "cut its answer short"),
    Failure.BROKEN: Meaning(True, True, 502, "sent an answer that breaks its protocol"),
    Failure.SERVER_ERROR: Meaning(True, True, 502, "failed with a server error"),
    Failure.OVERLOADED: Meaning(True, True, 503, "is overloaded"),
    # Our key is asked to slow down; if nobody else is left, so is the client, in the same words.
    Failure.RATE_LIMITED: Meaning(True, True, 429, "limits the mesh's rate", of_key=True),
    # A spent quota or a refused key of ours is not the client's doing, and waiting does not cure
    # it.
    Failure.QUOTA: Meaning(True, True, 503, "has no quota left", of_key=True),
    Failure.DENIED: Meaning(True, True, 502, "refused the mesh's credentials", of_key=True),
    Failure.NOT_FOUND: Meaning(True, True, 502, "does not know this model"),
    # Nothing was sent: the endpoint's dialect cannot carry what the request needs.
    Failure.UNFIT: Meaning(True, False, 400, "cannot take what this request asks for"),
    # The request itself is wrong; every endpoint would say so, and none is to blame.
    Failure.CALLER: Meaning(False, False, 400, "rejected the request"),
}

assert set(MEANINGS) == set(Failure), "every failure has a meaning"

"""How long one endpoint would take to a first token from here, and how sure that is.

`connect + rtt + queue + service + risk`, each from the best source at hand: our own measurements,
then the neighbours', then geography, then a constant. Our own fade towards the others with age,
so that an endpoint once slow is tried again, by one request at a time.
"""

from typing import Literal, NamedTuple, TypeAlias

import msgspec

from weftline_core.book import Entry
from weftline_core.desired import Endpoint
from weftline_core.geo import PLACES, Place, rtt_guess_ms
from weftline_core.hearsay import Hearsay
from weftline_core.rows import EndpointState

Source: TypeAlias = Literal["own", "neighbour", "geography", "guess"]

# A round trip when nothing at all is known: between near (10) and other side of the world (300),
# so that a known near endpoint is preferred to an unknown one, and that one to a known far one.
RTT_GUESS_MS = 100.0

# First content after the prompt arrived, when no endpoint of the model was ever measured. It is
# the same for all of them, so it never decides.
SERVICE_GUESS_MS = 200.0

# How long a request holds a slot: an answer of 100 tokens at 50 tokens/s.
HOLD_MS = 2000.0

# Round trips to open a connection: TCP alone, and TCP with TLS 1.3.
CONNECT_TRIPS = {"http": 1, "https": 2}

# How wrong a round trip from each source may be, as a share of it.
RTT_DOUBT: dict[Source, float] = {"own": 0.0, "neighbour": 0.25, "geography": 0.5, "guess": 1.0}

# How wrong a service time may be that nobody measured here, as a share of it.
SERVICE_DOUBT = 0.5

# A measured round trip becomes as doubtful as a neighbour's after this long.
RTT_FRESH_S = 60.0

# For how long a proof of life of our own outranks what others say: five probes of an endpoint in
# use.
OWN_FRESH_S = 5.0

# What an unconfirmed rumour of DOWN costs: a round trip around half the world, so that any other
# endpoint is tried first, and this one still before giving up.
RUMOUR_MS = 250.0


class Candidate(NamedTuple):
    """An endpoint as seen from one PoP, with what stays the same for a whole catalog."""

    endpoint: Endpoint
    geo_rtt_ms: float | None
    connect_trips: int


class Look(NamedTuple):
    """All that is known about a candidate at the instant of a choice."""

    candidate: Candidate
    own: Entry | None
    heard: Hearsay
    warm: bool


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One endpoint of a plan, with the numbers that put it there.

    source: where `rtt_ms` comes from. load: requests in flight from all PoPs per slot. recalled:
    why it would not be here but for a panic, or None.

    A msgspec struct because a frozen dataclass of this size costs 2 us to build, and a plan has
    up to 20.
    """

    endpoint: Endpoint
    state: EndpointState
    predicted_ms: float
    connect_ms: float
    rtt_ms: float
    queue_ms: float
    service_ms: float
    risk_ms: float
    uncertain_ms: float
    load: float
    source: Source
    recalled: str | None = None


def candidate(endpoint: Endpoint, here: Place | None, located: Place | None = None) -> Candidate:
    """Return the endpoint as seen from `here`; an unknown region is no distance, not an error.

    located: where its address is, for an endpoint that gives no region.
    """
    there = PLACES.get(endpoint.region) if endpoint.region is not None else located
    geo_rtt_ms = None if here is None or there is None else rtt_guess_ms(here, there)
    scheme = endpoint.base_url.partition(":")[0].lower()
    return Candidate(endpoint, geo_rtt_ms, CONNECT_TRIPS.get(scheme, 2))


def typical_service_ms(looks: list[Look]) -> float:
    """Return the service time to expect of an endpoint that nobody measured: the best that another
    endpoint of the model was seen to have. Optimism makes the unknown be tried; one request
    corrects it.
    """
    best_ms: float | None = None
    for look in looks:
        own = look.own
        if own is not None and own.ttft.value_ms is not None:
            seen_ms = max(0.0, own.ttft.value_ms - (own.rtt.rtt_ms or 0.0))
            best_ms = seen_ms if best_ms is None else min(best_ms, seen_ms)
    if best_ms is not None:
        return best_ms
    heard = [look.heard.services_ms for look in looks if look.heard.services_ms]
    # Of each endpoint the lower middle, so that a single liar doesn't set it.
    return min((votes[(len(votes) - 1) // 2] for votes in heard), default=SERVICE_GUESS_MS)


def estimate(look: Look, typical_ms: float, now_s: float) -> Step:
    """Return the step that this candidate would be."""
    place, own, heard, warm = look
    rtt_ms, source, rtt_doubt = _rtt(look, now_s)
    rest_ms = heard.service_ms(typical_ms) if heard.voices else typical_ms
    slots = place.endpoint.slots
    if own is None:
        state, fresh, service_ms, in_flight = EndpointState.UP, 0.0, rest_ms, 0
        risk_ms = RUMOUR_MS if heard.downs else 0.0
    else:
        state, in_flight = own.health.state(now_s), own.in_flight
        fresh, service_ms = _service(own, rtt_ms, rest_ms, now_s)
        risk_ms = own.risk_ms(now_s) if own.health.streak else 0.0
        if heard.downs and now_s - own.good_at_s > OWN_FRESH_S:
            risk_ms += RUMOUR_MS
    # A queue shows in our own fresh first-content times; the others' counts stand in when these
    # are old. So nobody can talk us out of an endpoint that serves us well.
    over = in_flight + heard.in_flight * (1.0 - fresh) - slots
    queue_ms = HOLD_MS * over / slots if over > 0.0 else 0.0
    connect_ms = 0.0 if warm else place.connect_trips * rtt_ms
    return Step(
        endpoint=place.endpoint,
        state=state,
        predicted_ms=connect_ms + rtt_ms + queue_ms + service_ms + risk_ms,
        connect_ms=connect_ms,
        rtt_ms=rtt_ms,
        queue_ms=queue_ms,
        service_ms=service_ms,
        risk_ms=risk_ms,
        uncertain_ms=rtt_doubt * rtt_ms + (1.0 - fresh) * SERVICE_DOUBT * rest_ms,
        load=(in_flight + heard.in_flight) / slots,
        source=source,
    )


def _service(own: Entry, rtt_ms: float, rest_ms: float, now_s: float) -> tuple[float, float]:
    """Return how much our own measurement counts, and the service time that it leads to."""
    seen_ms = own.ttft.value_ms
    if seen_ms is None:
        return 0.0, rest_ms
    fresh = own.ttft.weight(now_s)
    # While a request is out to correct an old estimate, the old one holds for all others.
    weight = 1.0 if own.awaits_first() else fresh
    service_ms = rest_ms + (seen_ms - rtt_ms - rest_ms) * weight
    return fresh, max(0.0, service_ms)


def _rtt(look: Look, now_s: float) -> tuple[float, Source, float]:
    """Return the round trip, where it comes from, and its doubt."""
    own = look.own
    if own is not None and own.rtt.rtt_ms is not None:
        age = min(1.0, max(0.0, now_s - own.rtt.at_s) / RTT_FRESH_S)
        return own.rtt.rtt_ms, "own", age * RTT_DOUBT["neighbour"]
    geo_ms = look.candidate.geo_rtt_ms
    rtt_ms = look.heard.rtt_ms(geo_ms)
    if rtt_ms is None:
        return RTT_GUESS_MS, "guess", RTT_DOUBT["guess"]
    source: Source = "geography" if look.heard.rtt_high_ms is None else "neighbour"
    return rtt_ms, source, RTT_DOUBT[source]

"""Equal requests in flight: the first is sent, the others wait for its answer.

Only for those who asked for it, since whoever follows sees nothing until the answer is whole.
Everything happens in one loop, so there is nothing to lock.
"""

import asyncio
from collections.abc import Callable

from weftline_core.answer_cache import CacheKey, Entry

# Requests that lead at once. Beyond it a request goes alone, and nothing is lost.
FLIGHTS_MAX = 4096

# Requests that wait for one; each holds a client's connection open.
FOLLOWERS_MAX = 1024

Told = Callable[[Entry | None], None]


class Follower:
    """One request's place in another's flight."""

    __slots__ = ("_flight", "_told")

    def __init__(self, flight: "Flight", told: Told) -> None:
        self._flight = flight
        self._told: Told | None = told

    def leave(self) -> None:
        """Wait no longer: from now on nothing is told."""
        self._told = None
        self._flight.followers.pop(self, None)

    def tell(self, entry: Entry | None) -> None:
        """Tell it, unless it has left."""
        told, self._told = self._told, None
        if told is not None:
            told(entry)


class Flight:
    """A request on its way, whose answer others wait for. Its leader must end it, whatever becomes
    of the request; only the first end counts.
    """

    __slots__ = ("_flights", "_key", "followers")

    def __init__(self, flights: "Flights", key: CacheKey) -> None:
        self._flights: Flights | None = flights
        self._key = key
        # A dictionary for its order and its quick removal.
        self.followers: dict[Follower, None] = {}

    def end(self, entry: Entry | None) -> None:
        """Tell the followers the answer; with None there is none, and each goes on by itself: the
        first of them leads the next flight.
        """
        flights, self._flights = self._flights, None
        if flights is None:
            return
        flights.over(self._key, self)
        followers, self.followers = self.followers, {}
        # Not from within: what goes wrong with a follower is none of the leader's business.
        for follower in followers:
            flights.loop.call_soon(follower.tell, entry)


class Flights:
    """All flights of one node. It belongs to the loop in which it is built.

    joined: requests that followed another.
    """

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.joined = 0
        self._flights: dict[CacheKey, Flight] = {}

    def __len__(self) -> int:
        return len(self._flights)

    def begin(self, key: CacheKey) -> Flight | None:
        """Return a flight to lead, or None if an equal request leads one already: join it."""
        if key in self._flights:
            return None
        flight = Flight(self, key)
        if len(self._flights) < FLIGHTS_MAX:
            self._flights[key] = flight
        return flight

    def join(self, key: CacheKey, told: Told) -> Follower | None:
        """Wait for the answer to an equal request; `told` is called once with it, or with None if
        there will be none. Return None if there is nobody to wait for, or too many wait: go alone.
        """
        flight = self._flights.get(key)
        if flight is None or len(flight.followers) >= FOLLOWERS_MAX:
            return None
        follower = Follower(flight, told)
        flight.followers[follower] = None
        self.joined += 1
        return follower

    def over(self, key: CacheKey, flight: Flight) -> None:
        """Forget a flight."""
        if self._flights.get(key) is flight:
            del self._flights[key]

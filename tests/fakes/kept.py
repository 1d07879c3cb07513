"""A cache of answers by hand, and what gives them again, without a pipeline."""

from tests.fakes.wires import HandClock
from weftline_core.answer_cache import CacheKey, Entry
from weftline_core.record import Record
from weftline_node.asked import CacheState
from weftline_node.cache import AnswerCache, CacheSettings, Hit
from weftline_node.dial import Way
from weftline_node.repeats import CacheKeeper, Repeats


class Plain:
    """A face of one header."""

    def lines(
        self, request_id: str, event_id: str | None, way: Way | None, cache: CacheState
    ) -> str:
        return f"x-face: {request_id} {event_id} {way} {cache}\r\n"


class Kept:
    """A cache, and what repeats its answers."""

    def __init__(self) -> None:
        self.cache = AnswerCache(CacheSettings(), 0.0)
        self.clock = HandClock(at_unix_ms=0)
        self.records: list[Record] = []
        self.repeats = Repeats(self.cache, self.clock, self.records.append)

    def keeper(self, key: CacheKey, *, ttl_s: int = 60) -> CacheKeeper:
        return CacheKeeper(self.cache, self.clock, key, ttl_s, self.cache.begin(key))

    def get(self, key: CacheKey, at_unix_s: float = 0.0) -> Entry | None:
        found = self.cache.get(key, at_unix_s)
        return found.entry if isinstance(found, Hit) else None

"""Exact answers, kept to be given again: what names one, what a request may ask of the cache, how
large one may be, and the tier that keeps them in memory.

Equal means equal: the same tenant asks the same model, in the same dialect, for the same body. A
caller's own key may stand for the body, and never for the tenant.

Instants are wall-clock seconds: an entry outlives the process on disk.
"""

import hashlib
from collections.abc import Mapping
from typing import Literal, TypeAlias

import msgspec
import orjson

from weftline_core.desired import CACHE_TTL_S_MAX
from weftline_core.errors import CallerError
from weftline_core.usage import Usage

# A longer answer is a document or an image, and one of them would push out hundreds of others.
ENTRY_BYTES_MAX = 8 * 1024 * 1024

# What an entry takes beside its body: key, fields and their places in dictionaries.
ENTRY_OVERHEAD_BYTES = 512

# Cloudflare's AI Gateway has it so for its own headers.
CF_TTL_S_MIN = 60
TTL_DIGITS_MAX = len(str(CACHE_TTL_S_MAX))

# A caller that names its own key and no time means to use the cache; Cloudflare keeps it as long.
OWN_KEY_TTL_S = 300

# As long as a digest of anything, with room for a prefix.
OWN_KEY_CHARS_MAX = 512

# Part of every key, so that a change of the arithmetic below never finds old entries.
_EPOCH = b"weftline-answer-1"

Word: TypeAlias = Literal["skip", "refresh", "coalesce"]


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked. model: its name in the catalog. asked_of: at which provider and with which
    key, where the client says so. body: as the client sent it.
    """

    tenant: str
    dialect: str
    task: str
    model: str
    stream: bool
    asked_of: str = ""
    body: Mapping[str, object]


class CacheKey(msgspec.Struct, frozen=True):
    """What names an entry. digest: 64 hexadecimal digits, the tenant's part included."""

    digest: str
    tenant: str


class CachePolicy(msgspec.Struct, frozen=True, kw_only=True):
    """What one request wants of the cache.

    read: an entry may answer it. ttl_s: how long its answer may be given again; 0 not at all.
    coalesce: it may share the answer of an equal request that is under way. own_key: stands for
    the body.
    """

    read: bool = False
    ttl_s: int = 0
    coalesce: bool = False
    own_key: str | None = None

    @property
    def idle(self) -> bool:
        """Return whether the request has nothing to do with the cache, and needs no key."""
        return not (self.read or self.ttl_s or self.coalesce)


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """An answer as the client got it.

    body: the whole JSON, or all events of the stream. usage: what it took when it was made.
    dropped: the request's fields that it was made without.
    """

    tenant: str
    body: bytes
    content_type: str
    stream: bool
    usage: Usage | None
    stored_unix_s: float
    expires_unix_s: float
    dropped: tuple[str, ...] = ()

    @property
    def cost_bytes(self) -> int:
        """Return what it takes to keep."""
        return len(self.body) + ENTRY_OVERHEAD_BYTES


OFF = CachePolicy()

_WORDS: dict[bytes, Word] = {b"skip": "skip", b"refresh": "refresh", b"coalesce": "coalesce"}
_SKIP_HEADERS = (b"x-weft-skip-cache", b"cf-aig-skip-cache", b"cf-skip-cache")
_OWN_KEY_HEADERS = (b"x-weft-cache-key", b"cf-aig-cache-key")
_TTL_S_MIN = {
    b"x-weft-cache-ttl": 1,
    b"cf-aig-cache-ttl": CF_TTL_S_MIN,
    b"cf-cache-ttl": CF_TTL_S_MIN,
}
_HEADERS = frozenset(
    (b"x-weft-cache", b"cache-control", *_SKIP_HEADERS, *_OWN_KEY_HEADERS, *_TTL_S_MIN)
)


def cache_key(question: Question, own_key: str | None = None) -> CacheKey:
    """Return the key of a question: SHA-256 over its parts, each with its length before it.

    The body counts as JSON with sorted keys. What only says how it is sent does not: `stream`,
    which counts by itself, and `stream_options` where there is no stream.
    """
    if own_key is None:
        body = dict(question.body)
        body.pop("stream", None)
        if not question.stream:
            body.pop("stream_options", None)
        kind, asked = b"body", orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
    else:
        kind, asked = b"own", own_key.encode("utf-8", "surrogateescape")
    parts = (
        _EPOCH,
        question.tenant.encode(),
        question.dialect.encode(),
        question.task.encode(),
        question.model.encode(),
        b"stream" if question.stream else b"whole",
        question.asked_of.encode(),
        kind,
        asked,
    )
    hashed = hashlib.sha256()
    for part in parts:
        hashed.update(b"%d:" % len(part))
        hashed.update(part)
    return CacheKey(hashed.hexdigest(), question.tenant)


def policy_of(headers: Mapping[bytes, bytes], model_ttl_s: int | None) -> CachePolicy:
    """Return what a request wants of the cache. headers: by lower-case name. model_ttl_s: what its
    model has by default.

    Ours come before Cloudflare's, and those before their deprecated names. What forbids the cache
    beats what asks for it.

    Raises:
        CallerError: a header says what no cache can do; param names it.
    """
    if _HEADERS.isdisjoint(headers):
        return OFF if model_ttl_s is None else CachePolicy(read=True, ttl_s=model_ttl_s)
    word = _word(headers)
    control = headers.get(b"cache-control", b"").lower()
    if word == "skip" or b"no-store" in control or _skips(headers):
        return OFF
    own_key = _own_key(headers)
    ttl_s = _ttl_s(headers)
    if ttl_s is None:
        ttl_s = model_ttl_s
    if ttl_s is None:
        ttl_s = OWN_KEY_TTL_S if own_key is not None else 0
    read = ttl_s > 0 and word != "refresh" and b"no-cache" not in control
    return CachePolicy(read=read, ttl_s=ttl_s, coalesce=word == "coalesce", own_key=own_key)


class MemoryTier:
    """Entries in memory, up to a number of bytes; the one that was used longest ago goes first."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._entries: dict[str, Entry] = {}
        self.bytes = 0
        self.evictions = 0

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: CacheKey) -> bool:
        return key.digest in self._entries

    def get(self, key: CacheKey, at_unix_s: float) -> Entry | None:
        """Return the entry of a key, unless its time is over."""
        entry = self._entries.get(key.digest)
        if entry is None or entry.tenant != key.tenant:
            return None
        self._take_out(key.digest)
        if entry.expires_unix_s <= at_unix_s:
            return None
        self._entries[key.digest] = entry
        self.bytes += entry.cost_bytes
        return entry

    def put(self, key: CacheKey, entry: Entry) -> bool:
        """Keep an entry in place of the key's former one; return False if it has no room at all."""
        self._take_out(key.digest)
        cost_bytes = entry.cost_bytes
        if cost_bytes > self._bytes_max or entry.tenant != key.tenant:
            return False
        while self.bytes + cost_bytes > self._bytes_max:
            self._take_out(next(iter(self._entries)))
            self.evictions += 1
        self._entries[key.digest] = entry
        self.bytes += cost_bytes
        return True

    def drop(self, key: CacheKey) -> None:
        """Forget the entry of a key, if there is one."""
        self._take_out(key.digest)

    def _take_out(self, digest: str) -> None:
        entry = self._entries.pop(digest, None)
        if entry is not None:
            self.bytes -= entry.cost_bytes


def _word(headers: Mapping[bytes, bytes]) -> Word | None:
    value = headers.get(b"x-weft-cache")
    if value is None:
        return None
    word = _WORDS.get(value.strip().lower())
    if word is None:
        known = ", ".join(_WORDS.values())
        raise CallerError(f"the header 'x-weft-cache' must be one of {known}", param="x-weft-cache")
    return word


def _skips(headers: Mapping[bytes, bytes]) -> bool:
    return any(headers.get(name, b"").strip().lower() in (b"true", b"1") for name in _SKIP_HEADERS)


def _own_key(headers: Mapping[bytes, bytes]) -> str | None:
    for name in _OWN_KEY_HEADERS:
        if value := headers.get(name, b"").strip():
            if len(value) > OWN_KEY_CHARS_MAX:
                shown = name.decode()
                raise CallerError(
                    f"the header '{shown}' is longer than {OWN_KEY_CHARS_MAX} characters",
                    param=shown,
                )
            return value.decode("latin-1")
    return None


def _ttl_s(headers: Mapping[bytes, bytes]) -> int | None:
    for name, least_s in _TTL_S_MIN.items():
        value = headers.get(name, b"").strip()
        if not value:
            continue
        ttl_s = int(value) if value.isdigit() and len(value) <= TTL_DIGITS_MAX else 0
        if not least_s <= ttl_s <= CACHE_TTL_S_MAX:
            shown = name.decode()
            raise CallerError(
                f"the header '{shown}' must be a whole number of seconds in "
                f"[{least_s}, {CACHE_TTL_S_MAX}]",
                param=shown,
            )
        return ttl_s
    return None

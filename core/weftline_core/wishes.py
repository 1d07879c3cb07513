"""What a client wishes of the mesh itself, by headers, beside what it asks of a model.

The names are Cloudflare's AI Gateway's (`cf-aig-...`), each with a twin of our own (`x-weft-...`),
which wins. A wrong value is an error that names the header, never a wish ignored.

Source: Cloudflare, AI Gateway, request handling, custom metadata, custom costs, caching.
"""

import re
from collections.abc import Mapping
from typing import Final, Literal, TypeAlias, cast

import msgspec
import orjson

from weftline_core.cost import CustomCost, read_custom_cost
from weftline_core.documents import suggestion
from weftline_core.errors import CallerError
from weftline_core.limits import QUOTED_CHARS_MAX

Backoff: TypeAlias = Literal["constant", "linear", "exponential"]

# Cloudflare's own bounds.
METADATA_ENTRIES_MAX: Final = 5
ATTEMPTS_ASKED_MAX: Final = 5
RETRY_DELAY_MS_MAX: Final = 5_000
# A first token may take this long at most: beyond it the official SDKs have given up.
TIMEOUT_MS_MAX: Final = 600_000
# What is kept of a metadata value, and of a caller's own id.
VALUE_CHARS_MAX: Final = 512

_PREFIXES = (b"x-weft-", b"cf-aig-")
_PREFIX_BYTES = 7

# All of ours, those of the answer cache too. Another one is a slip of the pen, which would change
# nothing and say nothing.
OUR_HEADERS: Final = frozenset(
    f"x-weft-{name}"
    for name in (
        "backoff",
        "byok-alias",
        "cache",
        "cache-key",
        "cache-ttl",
        "collect-log",
        "collect-log-payload",
        "custom-cost",
        "event-id",
        "max-attempts",
        "metadata",
        "request-timeout",
        "retry-delay",
        "skip-cache",
    )
)

# Of any number here; more digits are none.
_DIGITS = re.compile(r"[0-9]{1,9}")


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """What one request wishes. metadata: the caller's own, for usage by metadata. event_id: its own
    name for the request. first_content_s: how long each attempt may take to the first content.
    attempts_max: how often an endpoint may be asked in all; with retry_delay_s and backoff between.
    collect_log: whether the request may be logged; payloads never are. key_alias: which of an
    operator's provider keys. custom_cost: instead of the price list.
    """

    metadata: dict[str, str | int | float | bool] = {}
    event_id: str | None = None
    first_content_s: float | None = None
    attempts_max: int | None = None
    retry_delay_s: float = 0.0
    backoff: Backoff = "constant"
    collect_log: bool = True
    key_alias: str | None = None
    custom_cost: CustomCost | None = None

    def delay_s(self, nth: int) -> float:
        """Return how long to wait before the `nth` repetition, from 1."""
        if self.backoff == "linear":
            return self.retry_delay_s * nth
        if self.backoff == "exponential":
            return self.retry_delay_s * 2.0 ** (nth - 1)
        return self.retry_delay_s


NO_WISHES: Final = Wishes()


def wishes_of(headers: Mapping[bytes, bytes]) -> Wishes:
    """Return what the headers wish; the same object for every request that wishes nothing.

    Raises:
        CallerError: a value is none that its header may have, or we have no such header.
    """
    for name in headers:
        if name[:_PREFIX_BYTES] in _PREFIXES:
            break
    else:
        return NO_WISHES
    _check_names(headers)
    get = _Getter(headers)
    # Payloads are never logged, so that there is nothing to do but to read it.
    get.truth(b"collect-log-payload", default=True)
    return Wishes(
        metadata=_metadata(get),
        event_id=get.text(b"event-id"),
        first_content_s=get.number(b"request-timeout", 1, TIMEOUT_MS_MAX, scale=1e-3),
        attempts_max=_whole(get.number(b"max-attempts", 1, ATTEMPTS_ASKED_MAX)),
        retry_delay_s=get.number(b"retry-delay", 0, RETRY_DELAY_MS_MAX, scale=1e-3) or 0.0,
        backoff=cast(
            "Backoff",
            get.one_of(b"backoff", ("constant", "linear", "exponential")) or "constant",
        ),
        collect_log=get.truth(b"collect-log", default=True),
        key_alias=get.text(b"byok-alias"),
        custom_cost=_custom_cost(get),
    )


class _Getter:
    """Reads headers by the name after their prefix."""

    def __init__(self, headers: Mapping[bytes, bytes]) -> None:
        self._headers = headers

    def text(self, name: bytes) -> str | None:
        """Return a value as text, cut to what is kept."""
        value = self.raw(name)
        return None if value is None else value.decode("utf-8", "replace")[:VALUE_CHARS_MAX]

    def raw(self, name: bytes) -> bytes | None:
        """Return a value whole."""
        for prefix in _PREFIXES:
            if (value := self._headers.get(prefix + name)) is not None:
                return value
        return None

    def number(self, name: bytes, lowest: int, highest: int, *, scale: float = 1.0) -> float | None:
        """Return a whole number, times `scale`."""
        text = self.text(name)
        if text is None:
            return None
        if not _DIGITS.fullmatch(text) or not lowest <= int(text) <= highest:
            raise _wrong(name, f"a whole number in [{lowest}, {highest}]")
        return int(text) * scale

    def truth(self, name: bytes, *, default: bool) -> bool:
        """Return `true` or `false`."""
        text = self.one_of(name, ("true", "false"))
        return default if text is None else text == "true"

    def one_of(self, name: bytes, words: tuple[str, ...]) -> str | None:
        """Return one of a few words."""
        text = self.text(name)
        if text is not None and text.lower() not in words:
            raise _wrong(name, " or ".join(f"'{word}'" for word in words))
        return None if text is None else text.lower()


def _check_names(headers: Mapping[bytes, bytes]) -> None:
    for header in headers:
        name = header.decode("latin-1")
        if header.startswith(_PREFIXES[0]) and name not in OUR_HEADERS:
            shown = name[:QUOTED_CHARS_MAX]
            raise CallerError(
                f"there is no header '{shown}'{suggestion(shown, OUR_HEADERS)}", param=shown
            )


def _wrong(name: bytes, must: str) -> CallerError:
    # Its value is not shown: a key might have been put there by mistake.
    header = f"cf-aig-{name.decode()}"
    return CallerError(f"the header '{header}' (or 'x-weft-{name.decode()}') must be {must}")


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)


def _metadata(get: _Getter) -> dict[str, str | int | float | bool]:
    raw = get.raw(b"metadata")
    if raw is None:
        return {}
    try:
        entries: object = orjson.loads(raw)
    except orjson.JSONDecodeError:
        entries = None
    if not isinstance(entries, dict):
        raise _wrong(b"metadata", "a JSON object")
    kept: dict[str, str | int | float | bool] = {}
    for name, value in cast("dict[str, object]", entries).items():
        if not isinstance(value, str | int | float | bool):
            raise _wrong(b"metadata", "a JSON object of texts, numbers and truth values")
        if len(kept) < METADATA_ENTRIES_MAX:
            kept[name[:VALUE_CHARS_MAX]] = (
                value[:VALUE_CHARS_MAX] if isinstance(value, str) else value
            )
    return kept


def _custom_cost(get: _Getter) -> CustomCost | None:
    raw = get.raw(b"custom-cost")
    if raw is None:
        return None
    try:
        return read_custom_cost(raw, "cf-aig-custom-cost")
    except CallerError:
        # Its words may quote a name from the value.
        raise _wrong(
            b"custom-cost",
            "JSON with prices of a token in US dollars, {per_token_in, per_token_out} and perhaps "
            "{per_cache_read_token, per_cache_write_token}, or {total_cost}",
        ) from None

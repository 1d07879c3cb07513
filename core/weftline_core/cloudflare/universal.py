"""The body of Cloudflare's universal endpoint: steps to try in order, each at one provider.

Source: Cloudflare's AI Gateway, "Universal endpoint" and "Request handling".
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from weftline_core.dialects.body import parse_json
from weftline_core.dialects.cloudflare_refusal import BAD_SCHEMA
from weftline_core.dialects.shape import shaped
from weftline_core.errors import CallerError

# Each step may be tried five times, and nobody waits for more of them.
STEPS_MAX: Final = 16

_OURS, _CLOUDFLARES = b"x-weft-", b"cf-aig-"


class BadUniversal(CallerError):
    """The body is no list of steps."""

    code = str(BAD_SCHEMA)


class Config(msgspec.Struct, rename="camel"):
    """How one step is to be tried; times in milliseconds, but for the last, in seconds."""

    request_timeout: int | None = None
    max_attempts: int | None = None
    retry_delay: int | None = None
    backoff: str | None = None
    skip_cache: bool | None = None
    cache_key: str | None = None
    cache_ttl: int | None = None

    def headers(self) -> dict[bytes, bytes]:
        """Return the request headers that say the same."""
        told = {
            b"request-timeout": self.request_timeout,
            b"max-attempts": self.max_attempts,
            b"retry-delay": self.retry_delay,
            b"backoff": self.backoff,
            b"skip-cache": None if self.skip_cache is None else str(self.skip_cache).lower(),
            b"cache-key": self.cache_key,
            b"cache-ttl": self.cache_ttl,
        }
        return {n: str(v).encode("utf-8") for n, v in told.items() if v is not None}


class Step(msgspec.Struct):
    """One step. endpoint: a path below the provider. query: the body for it."""

    provider: str
    endpoint: str
    query: dict[str, object]
    headers: dict[str, str | int | float] = {}
    config: Config | None = None

    def __repr__(self) -> str:
        # Its headers may hold a key.
        return f"Step({self.provider})"

    @property
    def path(self) -> str:
        """Return the endpoint as a path, without a slash before it and a query behind it."""
        return self.endpoint.partition("?")[0].lstrip("/")

    def own_headers(self) -> dict[bytes, bytes]:
        """Return the step's own headers, by names in lower case."""
        return {n.lower().encode(): str(v).encode() for n, v in self.headers.items()}

    def headers_over(self, request: Mapping[bytes, bytes]) -> dict[bytes, bytes]:
        """Return the headers that count for this step: what it says itself beats what the request
        says.
        """
        said = dict(request)
        own = self.own_headers()
        if self.config is not None:
            own |= {_CLOUDFLARES + name: value for name, value in self.config.headers().items()}
        for name, value in own.items():
            if name.startswith(_CLOUDFLARES):
                said.pop(_OURS + name.removeprefix(_CLOUDFLARES), None)
            said[name] = value
        return said


def steps_of(data: bytes) -> list[Step]:
    """Return the steps of a body.

    Raises:
        BadUniversal: it is none; `param` is the path of what is wrong, as in `[0].query`.
    """
    try:
        steps = shaped(parse_json(data), list[Step])
    except CallerError as e:
        raise BadUniversal(
            f"{e.message} (the body is a list of steps: provider, endpoint, headers, query)",
            param=e.param,
        ) from None
    if not 1 <= len(steps) <= STEPS_MAX:
        raise BadUniversal(f"the body is a list of 1 to {STEPS_MAX} steps, not of {len(steps)}")
    for i, step in enumerate(steps):
        for name, value in step.headers.items():
            # They become headers again, and must not write others. A value may be a key: it is
            # never shown.
            if not (_plain(name) and _plain(str(value))):
                raise BadUniversal(
                    f"[{i}].headers: only printable ASCII can be sent", param=f"[{i}].headers"
                )
    return steps


def _plain(text: str) -> bool:
    return text.isascii() and text.isprintable()

"""Cache entries to try a cache with."""

from weftline_core.answer_cache import CacheKey, Entry
from weftline_core.usage import Usage


def key_of(number: int, tenant: str = "acme") -> CacheKey:
    return CacheKey(f"{number:064x}", tenant)


def entry_of(
    body: bytes = b'{"a":1}', *, tenant: str = "acme", expires_unix_s: float = 1000.0
) -> Entry:
    return Entry(
        tenant=tenant,
        body=body,
        content_type="application/json",
        stream=False,
        usage=Usage(5, 7),
        stored_unix_s=0.0,
        expires_unix_s=expires_unix_s,
    )

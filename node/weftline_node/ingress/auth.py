"""From a request's headers to the key that it shows; in memory, never a database."""

from collections.abc import Mapping

from weftline_core.catalog import Catalog
from weftline_core.desired import Desired, Key
from weftline_core.errors import Unauthenticated
from weftline_core.keys import digest

# Keys whose digest is remembered. One HMAC takes 3 us, a tenth of a request's whole budget; only
# good keys are remembered, so strangers can't push them out.
KEYS_REMEMBERED_MAX = 4096

# A longer key is none of ours, and is not worth hashing.
KEY_BYTES_MAX = 512

_BEARER = b"Bearer "

# Where Anthropic's, Azure's and Google's clients put their keys.
_OTHERS = (b"x-api-key", b"api-key", b"x-goog-api-key")


class Authenticator:
    """Knows the keys of the catalog in force, each by its digest under the mesh's pepper."""

    def __init__(self, pepper: bytes) -> None:
        self._pepper = pepper
        self._catalog = Catalog.of(Desired.EMPTY)
        self._remembered: dict[bytes, Key] = {}

    @property
    def remembered(self) -> int:
        """Return how many keys are remembered."""
        return len(self._remembered)

    def swap(self, catalog: Catalog) -> None:
        """Know these keys from now on; a key that is gone opens nothing more."""
        self._catalog = catalog
        self._remembered.clear()

    def key(self, headers: Mapping[bytes, bytes]) -> Key:
        """Return the key that a request shows.

        Raises:
            Unauthenticated: none, or one that nobody here knows.
        """
        # Where a client brings its own key for a provider, ours has a header of its own.
        shown = headers.get(b"cf-aig-authorization") or headers.get(b"authorization")
        if shown is None:
            # Every other way to show a key is read as if it had been a bearer token.
            others = (headers[name] for name in _OTHERS if name in headers)
            shown = _BEARER + next(others, b"")
        key = self._remembered.get(shown)
        if key is None:
            key = self._look_up(_token(shown))
            if len(shown) > KEY_BYTES_MAX:
                # A short key behind much white space: 4,096 of them would be 128 MB.
                return key
            if len(self._remembered) >= KEYS_REMEMBERED_MAX:
                self._remembered.clear()
            self._remembered[shown] = key
        return key

    def _look_up(self, token: bytes) -> Key:
        text = token.decode("utf-8", "surrogateescape")
        key = self._catalog.key(digest(self._pepper, text)) if len(token) <= KEY_BYTES_MAX else None
        if key is None:
            raise Unauthenticated("this key is not known here: check it, or ask the operator")
        return key


def _token(shown: bytes) -> bytes:
    """Return the key in an `authorization` header."""
    scheme, _, token = shown.partition(b" ")
    if scheme.lower() != b"bearer":
        raise Unauthenticated("the header 'authorization' must be 'Bearer KEY'")
    if not token.strip():
        raise Unauthenticated(
            "no key: send the header 'authorization: Bearer KEY' (or 'x-api-key: KEY')"
        )
    return token.strip()

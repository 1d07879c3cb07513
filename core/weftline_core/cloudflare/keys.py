"""Which of a request's headers is the client's own key for a provider, and not one of ours."""

from collections.abc import Mapping
from typing import Final

# Where our own key stands when another one comes with the request.
OURS: Final = b"cf-aig-authorization"

# Where providers' SDKs put their keys.
_OTHERS: Final = (b"x-api-key", b"x-goog-api-key", b"api-key")
_AUTHORIZATION: Final = b"authorization"
_BEARER: Final = b"bearer"


def shown_key(headers: Mapping[bytes, bytes]) -> bytes:
    """Return the key that says who asks; empty if there is none."""
    shown = headers.get(OURS) or headers.get(_AUTHORIZATION)
    if shown is not None:
        return _token(shown)
    return next((headers[name].strip() for name in _OTHERS if name in headers), b"")


def own_key(headers: Mapping[bytes, bytes], ours: bytes) -> str | None:
    """Return a provider's key among `headers`, of which `ours` is none; None if there is none."""
    tokens = [_token(headers.get(_AUTHORIZATION, b""))]
    tokens += [headers.get(name, b"").strip() for name in _OTHERS]
    token = next((token for token in tokens if token and token != ours), None)
    return None if token is None else token.decode("latin-1")


def borrowed_key(headers: Mapping[bytes, bytes]) -> str | None:
    """Return the provider's key of a request whose own header shows ours; else there is none."""
    return own_key(headers, shown_key(headers)) if OURS in headers else None


def _token(shown: bytes) -> bytes:
    """Return the token of a bearer; other schemes sign a request, and cannot be passed on."""
    scheme, _, token = shown.partition(b" ")
    return token.strip() if scheme.lower() == _BEARER else b""

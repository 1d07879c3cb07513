"""Amazon's Signature Version 4: proves who sends a request, and that it is this very request.

Source: AWS General Reference, "Create a signed AWS API request"; checked against botocore. Every
service but S3 wants the path encoded twice, which is done here.
"""

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final
from urllib.parse import quote

import msgspec

_ALGORITHM: Final = "AWS4-HMAC-SHA256"
_TERMINATOR: Final = "aws4_request"


class AwsKeys(msgspec.Struct, frozen=True):
    """A key pair. session_token: comes with keys that are lent for a time."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None = None

    def __repr__(self) -> str:
        return f"AwsKeys({self.access_key_id})"


class Signable(msgspec.Struct, frozen=True, kw_only=True):
    """What is signed. host, path, query: as they stand in the request. headers: others than `host`
    that must arrive unchanged.
    """

    method: str
    host: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = {}
    body: bytes = b""


class Scope(msgspec.Struct, frozen=True):
    """Where a signature is good, as in `us-east-1` and `bedrock`."""

    region: str
    service: str


def signature_headers(
    request: Signable, keys: AwsKeys, scope: Scope, at_unix_s: float
) -> tuple[tuple[str, str], ...]:
    """Return the headers to add: `x-amz-date`, `x-amz-security-token` for lent keys, and
    `authorization`. They are good for about five minutes around `at_unix_s`.
    """
    at = datetime.fromtimestamp(at_unix_s, UTC).strftime("%Y%m%dT%H%M%SZ")
    added = {"x-amz-date": at}
    if keys.session_token:
        added["x-amz-security-token"] = keys.session_token
    given = {name.lower(): value for name, value in request.headers.items()}
    canonical, signed = canonical_request(request, {"host": request.host, **given, **added})
    where = f"{at[:8]}/{scope.region}/{scope.service}/{_TERMINATOR}"
    digest = sha256(canonical.encode()).hexdigest()
    to_sign = f"{_ALGORITHM}\n{at}\n{where}\n{digest}"
    signature = hmac.new(_key(keys, scope, at[:8]), to_sign.encode(), sha256).hexdigest()
    authorization = (
        f"{_ALGORITHM} Credential={keys.access_key_id}/{where}, "
        f"SignedHeaders={signed}, Signature={signature}"
    )
    return (*added.items(), ("authorization", authorization))


def canonical_request(request: Signable, headers: Mapping[str, str]) -> tuple[str, str]:
    """Return the one form of a request that is signed, and the names of the headers in it.

    headers: all that are signed, by lower-case name.
    """
    names = sorted(headers)
    lines = "".join(f"{name}:{' '.join(headers[name].split())}\n" for name in names)
    signed = ";".join(names)
    canonical = "\n".join(
        (
            request.method.upper(),
            quote(_without_dots(request.path), safe="/~"),
            _sorted_query(request.query),
            lines,
            signed,
            sha256(request.body).hexdigest(),
        )
    )
    return canonical, signed


def _key(keys: AwsKeys, scope: Scope, day: str) -> bytes:
    """Return the key of one day, region and service."""
    key = f"AWS4{keys.secret_access_key}".encode()
    for step in (day, scope.region, scope.service, _TERMINATOR):
        key = hmac.digest(key, step.encode(), "sha256")
    return key


def _without_dots(path: str) -> str:
    """Return a path without `.`, `..` and empty segments. Source: RFC 3986 section 5.2.4, and
    Amazon's rule for repeated slashes.
    """
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment and segment != ".":
            kept.append(segment)
    end = "/" if kept and path.endswith("/") else ""
    return f"/{'/'.join(kept)}{end}"


def _sorted_query(query: str) -> str:
    pairs = sorted(pair.partition("=")[::2] for pair in query.split("&") if pair)
    return "&".join(f"{name}={value}" for name, value in pairs)

"""One GET that wants JSON, for what PoPs answer over HTTP."""

import asyncio
from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec

from weftline.cli.errors import CliError, ExitCode

# An admin listener is on the same machine or the same private network.
DEADLINE_S = 5.0

T = TypeVar("T")

NOT_FOUND = 404
OK = 200


class _Error(msgspec.Struct):
    message: str


class _Refusal(msgspec.Struct):
    error: str | _Error


def get_json(
    url: str, kind: type[T], query: Mapping[str, str] | None = None, bearer: str = ""
) -> T:
    """Return what `url` answers with, as a `kind`.

    Raises:
        CliError: nobody answers, the answer is an error (its own message is told), or it is no
            `kind`.
    """
    _check(url, bearer)
    status, body = asyncio.run(_get(url, query or {}, bearer))
    if status != OK:
        code = ExitCode.NOT_FOUND if status == NOT_FOUND else ExitCode.FAILED
        raise CliError(_message(body) or f"{url} answered {status}", code=code)
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, msgspec.ValidationError) as e:
        raise CliError(
            f"{url} answered with something else: {e}", hint="is it a weftline node?"
        ) from e


def _check(url: str, bearer: str) -> None:
    """Refuse what aiohttp would refuse in words of its own."""
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        good = False
    if not good:
        raise CliError(
            f"'{url}' is not a URL",
            code=ExitCode.USAGE,
            hint="write it as http://HOST:PORT, and a base URL with /v1 behind it",
        )
    if not bearer.isascii() or not bearer.isprintable():
        raise CliError("the key holds characters that no header may carry", code=ExitCode.USAGE)


async def _get(url: str, query: Mapping[str, str], bearer: str) -> tuple[int, bytes]:
    import aiohttp  # noqa: PLC0415  # late: it costs 160 ms, which most verbs need not pay

    headers = {"authorization": f"Bearer {bearer}"} if bearer else {}
    timeout = aiohttp.ClientTimeout(total=DEADLINE_S)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(url, params=query, headers=headers, allow_redirects=False) as answer,
        ):
            return answer.status, await answer.read()
    except aiohttp.InvalidURL as e:
        raise CliError(f"'{url}' is not a URL", code=ExitCode.USAGE) from e
    except (aiohttp.ClientError, OSError, TimeoutError) as e:
        reason = "no answer in time" if isinstance(e, TimeoutError) else str(e)
        raise CliError(f"{url} cannot be reached: {reason}", code=ExitCode.UNAVAILABLE) from e


def _message(body: bytes) -> str:
    """Return the words in `{"error": "..."}` or `{"error": {"message": "..."}}`."""
    try:
        error = msgspec.json.decode(body, type=_Refusal).error
    except (msgspec.DecodeError, msgspec.ValidationError):
        return ""
    return error.message if isinstance(error, _Error) else error

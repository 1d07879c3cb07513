"""Requests that break HTTP/1.1, each in one way, with a key that must not come back."""

from collections.abc import Iterator

SECRET = "sk-this-must-never-come-back"
PATH = "/v1/chat/completions"

_BODY = b'{"model":"m","messages":[{"role":"user","content":"hi"}]}'
_KEY = f"authorization: Bearer {SECRET}"

# A complete request behind a malformed one; whoever executes it was smuggled to.
SMUGGLED = (
    f"POST {PATH} HTTP/1.1\r\nhost: a\r\n{_KEY}\r\ncontent-type: application/json\r\n"
    f"content-length: {len(_BODY)}\r\n\r\n"
).encode() + _BODY


def _post(*lines: str, first: str = f"POST {PATH} HTTP/1.1", body: bytes = _BODY) -> bytes:
    return "\r\n".join((first, _KEY, *lines, "", "")).encode("latin-1") + body


_HOST = "host: a"
_LENGTH = f"content-length: {len(_BODY)}"
_CHUNKED = "transfer-encoding: chunked"
_CHUNK = b"%x\r\n%b\r\n0\r\n\r\n" % (len(_BODY), _BODY)


def _request_lines() -> Iterator[tuple[str, bytes]]:
    for name, first in (
        ("version 0.9", f"GET {PATH}"),
        ("version 1.2", f"POST {PATH} HTTP/1.2"),
        ("version 2.0", f"POST {PATH} HTTP/2.0"),
        ("version in words", f"POST {PATH} HTTP/one"),
        ("lower-case protocol", f"POST {PATH} http/1.1"),
        ("lower-case method", f"post {PATH} HTTP/1.1"),
        ("method with a colon", f"PO:ST {PATH} HTTP/1.1"),
        ("two spaces", f"POST  {PATH} HTTP/1.1"),
        ("a tab", f"POST\t{PATH} HTTP/1.1"),
        ("space at the end", f"POST {PATH} HTTP/1.1 "),
        ("absolute form", f"POST http://a{PATH} HTTP/1.1"),
        ("authority form", "CONNECT a:80 HTTP/1.1"),
        ("asterisk form", "OPTIONS * HTTP/1.1"),
        ("fragment of bytes", f"POST {PATH}\x80 HTTP/1.1"),
        ("NUL in the target", f"POST {PATH}\x00 HTTP/1.1"),
        ("no target", "POST HTTP/1.1"),
        ("very long target", f"POST /{'x' * 70_000} HTTP/1.1"),
    ):
        yield name, _post(_HOST, _LENGTH, first=first)


def _headers() -> Iterator[tuple[str, bytes]]:
    for name, line in (
        ("space before the colon", "x-a : b"),
        ("no colon", "x-a"),
        ("no name", ": b"),
        ("folded", "x-a: b\r\n c"),
        ("folded first", " x-a: b"),
        ("bare CR in a value", "x-a: b\rx-c: d"),
        ("bare LF in a value", "x-a: b\nx-c: d"),
        ("NUL in a value", "x-a: b\x00c"),
        ("escape in a value", "x-a: \x1b[31m"),
        ("byte in a name", "x\x85a: b"),
        ("brackets in a name", "x(a): b"),
        ("two hosts", "host: b"),
        ("two keys", "authorization: Bearer other"),
        ("very long value", f"x-a: {'b' * 70_000}"),
        ("very many", "\r\n".join(f"x-{i}: b" for i in range(400))),
    ):
        yield name, _post(_HOST, line, _LENGTH)
    yield "no host", _post(_LENGTH)
    yield "LF only", _post(_HOST, _LENGTH).replace(b"\r\n", b"\n")
    yield "a bad byte in the key", _post(_HOST, _LENGTH).replace(b"Bearer ", b"Bearer \x01")


def _lengths() -> Iterator[tuple[str, bytes]]:
    for name, line in (
        ("plus", f"content-length: +{len(_BODY)}"),
        ("minus", "content-length: -1"),
        ("hexadecimal", "content-length: 0x10"),
        ("underscore", "content-length: 1_0"),
        ("empty", "content-length: "),
        ("words", "content-length: ten"),
        ("fraction", "content-length: 5.0"),
        ("list", "content-length: 5, 5"),
        ("twenty digits", f"content-length: {'9' * 20}"),
        ("over the limit", "content-length: 99999999999"),
        ("given twice", f"{_LENGTH}\r\ncontent-length: 1"),
        ("given twice alike", f"{_LENGTH}\r\n{_LENGTH}"),
    ):
        yield f"length: {name}", _post(_HOST, line)
    yield "length and chunked", _post(_HOST, "content-length: 3", _CHUNKED, body=_CHUNK)
    yield "chunked and length", _post(_HOST, _CHUNKED, "content-length: 3", body=_CHUNK)


def _codings() -> Iterator[tuple[str, bytes]]:
    for name, value in (
        ("gzip, chunked", "gzip, chunked"),
        ("chunked, chunked", "chunked, chunked"),
        ("comma first", ",chunked"),
        ("identity", "identity"),
        ("quoted", '"chunked"'),
        ("a tail", "chunked;q=1"),
        ("a look-alike", "xchunked"),
        ("bytes around it", "\xa0chunked\xa0"),
        ("given twice", "chunked\r\ntransfer-encoding: chunked"),
    ):
        yield f"coding: {name}", _post(_HOST, f"transfer-encoding: {value}", body=_CHUNK)
    for name, body in (
        ("0x", b"0x5\r\nhello\r\n0\r\n\r\n"),
        ("underscore", b"0_5\r\nhello\r\n0\r\n\r\n"),
        ("minus", b"-5\r\nhello\r\n0\r\n\r\n"),
        ("space first", b"  5\r\nhello\r\n0\r\n\r\n"),
        ("no digits", b"\r\nhello\r\n0\r\n\r\n"),
        ("LF only", b"5\nhello\n0\n\n"),
        ("CR in an extension", b"5;a\r=b\r\nhello\r\n0\r\n\r\n"),
        ("sixteen digits", b"fffffffffffffff0\r\nhello\r\n0\r\n\r\n"),
        ("too short", b"3\r\nhello\r\n0\r\n\r\n"),
        ("a long extension", b"5;" + b"a" * 70_000 + b"\r\nhello\r\n0\r\n\r\n"),
        ("not a number", b"zz\r\nhello\r\n0\r\n\r\n"),
    ):
        yield f"chunk size: {name}", _post(_HOST, _CHUNKED, body=body)


def _not_http() -> Iterator[tuple[str, bytes]]:
    yield "TLS hello", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200)
    yield "HTTP/2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(30)
    yield "SSH", b"SSH-2.0-OpenSSH_9.0\r\n"
    yield "zeros", bytes(4096)
    yield "JSON", _BODY + b"\r\n\r\n"


def vectors() -> dict[str, bytes]:
    """Return every malformed request by name, each followed by one that must not be executed."""
    groups = (_request_lines(), _headers(), _lengths(), _codings(), _not_http())
    return {name: data + SMUGGLED for group in groups for name, data in group}

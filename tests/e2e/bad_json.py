"""Well-framed requests whose bodies are wrong, and what the error must name."""

_HI = b'"messages":[{"role":"user","content":"hi"}]'

# Name -> body, and a word that the message must contain so that a person knows what to do.
BODIES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "JSON"),
    "not JSON": (b"model=m", "JSON"),
    "cut": (b'{"model":"m",' + _HI, "JSON"),
    "single quotes": (b"{'model':'m'}", "JSON"),
    "trailing comma": (b'{"model":"m",' + _HI + b",}", "JSON"),
    "comment": (b'{"model":"m",' + _HI + b"/* x */}", "JSON"),
    "NaN": (b'{"model":"m",' + _HI + b',"temperature":NaN}', "JSON"),
    "two documents": (b'{"model":"m"}{"model":"m"}', "JSON"),
    "not UTF-8": (b'{"model":"m\xff",' + _HI + b"}", "JSON"),
    "byte order mark": (b'\xef\xbb\xbf{"model":"m",' + _HI + b"}", "JSON"),
    "a list": (b'[{"model":"m"}]', "object"),
    "a string": (b'"m"', "object"),
    "null": (b"null", "object"),
    "deep": (b'{"model":"m","x":' + b"[" * 5000 + b"]" * 5000 + b"}", "JSON"),
    "no model": (b"{" + _HI + b"}", "model"),
    "model is a number": (b'{"model":1,' + _HI + b"}", "model"),
    "model is null": (b'{"model":null,' + _HI + b"}", "model"),
    "empty model": (b'{"model":"",' + _HI + b"}", "model"),
    "stream is a word": (b'{"model":"m","stream":"yes",' + _HI + b"}", "stream"),
}

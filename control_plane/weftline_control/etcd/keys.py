"""Keys as etcd takes them: bytes, and ranges of bytes."""


def to_bytes(text: str | bytes) -> bytes:
    """Return text as UTF-8, bytes as they are."""
    return text.encode() if isinstance(text, str) else text


# As the end of a range, etcd reads one zero byte as "no end"; as its beginning it is the smallest
# key, since etcd knows no empty one.
ZERO = b"\0"


def prefix_range(prefix: str | bytes) -> tuple[bytes, bytes]:
    """Return the first key and the end of the range of all keys that begin with `prefix`."""
    first = to_bytes(prefix)
    stem = first.rstrip(b"\xff")
    if not stem:
        return first or ZERO, ZERO
    return first, stem[:-1] + bytes([stem[-1] + 1])

"""Header fields in the one form on which all parsers agree, for both halves of HTTP/1.1."""

import re
from collections.abc import Collection

# One field in its strict form: no folding, no space before the colon, no control characters, and
# CR LF at its end. Possessive, so that a long bad head costs no more than a long good one.
FIELD = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]++:[\t\x20-\x7e\x80-\xff]*+\r\n"

LENGTH = re.compile(rb"[0-9]{1,18}")

_PAIR = re.compile(rb"([^:]+):[ \t]*+([^\r]*)\r\n")


class RepeatedField(ValueError):
    """A field is there twice that would change what the message means."""

    def __init__(self, name: bytes) -> None:
        super().__init__(f"the header '{name.decode('ascii')}' is given more than once")


def fields_of(block: bytes, single: Collection[bytes] = ()) -> dict[bytes, bytes]:
    """Return fields in strict form by lower-case name; those given again are joined by commas.

    Raises:
        RepeatedField: one of `single` is given more than once.
    """
    pairs = _PAIR.findall(block)
    fields = {name.lower(): value.rstrip() for name, value in pairs}
    return fields if len(fields) == len(pairs) else _joined(pairs, single)


def _joined(pairs: list[tuple[bytes, bytes]], single: Collection[bytes]) -> dict[bytes, bytes]:
    fields: dict[bytes, bytes] = {}
    for raw_name, raw_value in pairs:
        name, value = raw_name.lower(), raw_value.rstrip()
        before = fields.get(name)
        if before is not None:
            if name in single:
                raise RepeatedField(name)
            value = before + b", " + value
        fields[name] = value
    return fields

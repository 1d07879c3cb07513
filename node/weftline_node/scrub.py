"""Takes our keys and an endpoint's address out of what that endpoint says to a client."""

import msgspec

from weftline_core.verdict import Words
from weftline_node.dial import Way

SHOWN_INSTEAD = "[hidden]"


def scrubbed(words: Words, way: Way) -> Words:
    """Return an endpoint's words without our keys and its address, should it have quoted them."""
    dial = way.dial
    hidden = [secret.value for secret in (way.secret, *dial.secrets) if secret.value]
    # A host name of one word, as within a cluster, may be any word of the message.
    hidden += [name for name in (dial.netloc, dial.address.host) if "." in name or ":" in name]

    def clean(text: str | None) -> str | None:
        for secret in hidden:
            text = text.replace(secret, SHOWN_INSTEAD) if text else text
        return text

    return msgspec.structs.replace(
        words,
        message=clean(words.message) or "",
        kind=clean(words.kind) or "",
        param=clean(words.param),
        code=clean(words.code),
    )

"""Takes our keys and an endpoint's address out of what that endpoint says to a client."""

import re

import msgspec

from weftline_core.verdict import Words
from weftline_node.dial import Way

SHOWN_INSTEAD = "[hidden]"

# Options of endpoints that say nothing of whose they are; others name an account or a project.
PUBLIC_OPTIONS = frozenset(("api_version", "location", "region"))


def scrubbed(words: Words, way: Way) -> Words:
    """Return an endpoint's words without our keys, its address and our account there, should it
    have quoted them.
    """
    dial = way.dial
    secrets = [secret.value for secret in (way.secret, *dial.secrets) if secret.value]
    # A host name of one word, as within a cluster, may be any word of the message.
    names = [name for name in (dial.netloc, dial.address.host) if "." in name or ":" in name]
    options = dial.endpoint.options.items()
    names += [value for name, value in options if name not in PUBLIC_OPTIONS and value]
    # The longest first, as one may begin with another. Names of hosts come in any capitals; secrets
    # stay out of patterns, which are kept.
    pattern = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))

    def clean(text: str | None) -> str | None:
        if not text:
            return text
        for secret in secrets:
            text = text.replace(secret, SHOWN_INSTEAD)
        return re.sub(pattern, SHOWN_INSTEAD, text, flags=re.IGNORECASE) if pattern else text

    return msgspec.structs.replace(
        words,
        message=clean(words.message) or "",
        kind=clean(words.kind) or "",
        param=clean(words.param),
        code=clean(words.code),
    )

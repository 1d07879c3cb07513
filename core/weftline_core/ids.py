"""Names of things, as types, with the rules that make one valid.

Every name that a person can choose is checked here once; the rest of the code may rely on it.
"""

import re
from typing import NewType

from weftline_core.rng import Rng

NodeId = NewType("NodeId", str)
EndpointId = NewType("EndpointId", str)
Region = NewType("Region", str)
RequestId = NewType("RequestId", str)

# A name travels in gossip packets, headers, file names and metric labels; this alphabet needs no
# escaping in any of them.
NAME_CHARS_MAX = 63
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?")

# Model names carry one provider prefix and keep the capitals and colons that vendors use
# ("together/Llama-3:free").
MODEL_NAME_CHARS_MAX = 128
_MODEL = re.compile(r"[A-Za-z0-9@](?:[A-Za-z0-9@._:/-]{0,126}[A-Za-z0-9])?")


def shown(text: str) -> str:
    """Return `text` with whatever a terminal would obey, line ends too, written as escapes."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def name_problem(name: str) -> str | None:
    """Return what is wrong with a node, endpoint, key or region name, or None."""
    if _NAME.fullmatch(name):
        return None
    return (
        f"'{shown(name[:NAME_CHARS_MAX])}' is not a valid name: use 1 to {NAME_CHARS_MAX} "
        "characters of a-z, 0-9, '.', '_', '-', beginning and ending with a letter or digit"
    )


def model_name_problem(name: str) -> str | None:
    """Return what is wrong with a model name, or None."""
    if _MODEL.fullmatch(name):
        return None
    return (
        f"'{shown(name[:MODEL_NAME_CHARS_MAX])}' is not a valid model name: use 1 to "
        f"{MODEL_NAME_CHARS_MAX} letters, digits and '@._:/-', as in 'provider/model'"
    )


def new_request_id(at_unix_ms: int, rng: Rng) -> RequestId:
    """Return a fresh request id that sorts by time and cannot be guessed.

    Units: `at_unix_ms` is wall-clock milliseconds; 80 random bits follow it.
    """
    return RequestId(f"req_{at_unix_ms:012x}{rng.getrandbits(80):020x}")


def stem_of(request_id: str) -> str:
    """Return what a request and its answer, with all that is in that, have in their ids."""
    return request_id.removeprefix("req_")

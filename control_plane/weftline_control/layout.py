"""Where desired state lies in the store.

`/desired/<Kind>/<name>` holds one resource each. `/desired/@head` is written by every commit: two
writers who have seen the same state cannot both succeed, and a store that has lost its head has
lost its state.
"""

import msgspec

from weftline_core.desired import KINDS
from weftline_core.ids import model_name_problem, name_problem

PREFIX = "/desired/"
HEAD_KEY = f"{PREFIX}@head"


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The last commit. `serial` counts commits, so that no two heads are equal and a store that
    was set back is seen to be.
    """

    serial: int
    at_unix_ms: int


def key_of(ref: str) -> str:
    """Return where a resource lies."""
    return PREFIX + ref


def ref_of(key: str) -> str:
    """Return the ref that a key below PREFIX stands for; the head has none of its own."""
    return key.removeprefix(PREFIX)


def ref_problem(ref: str) -> str | None:
    """Return what is wrong with a ref, or None."""
    kind, slash, name = ref.partition("/")
    if not slash or not name or kind not in KINDS:
        return f"write it as Kind/name, where Kind is one of {', '.join(KINDS)}"
    return model_name_problem(name) if kind == "Model" else name_problem(name)


def encode_head(head: Head) -> bytes:
    """Return the stored form."""
    return msgspec.json.encode(head)


def decode_head(data: bytes) -> Head | None:
    """Return the head of its stored form, or None if it is damaged."""
    try:
        return msgspec.json.decode(data, type=Head)
    except msgspec.DecodeError:
        return None

"""Where a process finds the mesh's sealing keys: the same variables for nodes and for `weft`."""

from collections.abc import Mapping
from pathlib import Path

from weftline.files import read_text
from weftline_core.errors import OperatorError
from weftline_core.sealing import Keyring, SealingKey, read_keys

# A file with a key a line, the one that seals first; and one key. With both, all of them open.
KEYS_FILE_VARIABLE = "WEFT_SEALING_KEYS_FILE"
KEY_VARIABLE = "WEFT_SEALING_KEY"


def read_keyring(environ: Mapping[str, str]) -> Keyring:
    """Return the sealing keys that an environment names, those of the file first.

    Raises:
        OperatorError: there is none, or one cannot be read; no key is quoted.
    """
    keys: list[SealingKey] = []
    if path := environ.get(KEYS_FILE_VARIABLE, ""):
        keys += _keys(read_text(Path(path)), path)
    if text := environ.get(KEY_VARIABLE, ""):
        keys += _keys(text, KEY_VARIABLE)
    if not keys:
        raise OperatorError(
            f"no sealing key: set {KEYS_FILE_VARIABLE} or {KEY_VARIABLE}; "
            "`weft credential new-key` makes one"
        )
    return Keyring(keys)


def _keys(text: str, source: str) -> list[SealingKey]:
    try:
        return read_keys(text)
    except OperatorError as e:
        raise OperatorError(f"{source}: {e.message}") from None

"""Where a process finds the mesh's sealing keys: the same variables for nodes and for `weft`."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from weftline.files import read_text
from weftline_core.errors import OperatorError

if TYPE_CHECKING:
    from weftline_core.sealing import Keyring, SealingKey

# A file with a key a line, the one that seals first; and one key. With both, all of them open.
KEYS_FILE_VARIABLE = "WEFT_SEALING_KEYS_FILE"
KEY_VARIABLE = "WEFT_SEALING_KEY"


def read_keyring(environ: Mapping[str, str]) -> "Keyring":
    """Return the sealing keys that an environment names, those of the file first.

    Raises:
        OperatorError: there is none, or one cannot be read; no key is quoted.
    """
    texts: list[tuple[str, str]] = []
    if path := environ.get(KEYS_FILE_VARIABLE, ""):
        texts.append((path, read_text(Path(path))))
    if text := environ.get(KEY_VARIABLE, ""):
        texts.append((KEY_VARIABLE, text))
    if not texts:
        raise OperatorError(
            f"no sealing key: set {KEYS_FILE_VARIABLE} or {KEY_VARIABLE}; "
            "`weft credential new-key` makes one"
        )
    # Late: the cipher takes 7 MB, which a node without sealing keys need not pay.
    from weftline_core.sealing import Keyring, read_keys  # noqa: PLC0415

    keys: list[SealingKey] = []
    for source, text in texts:
        try:
            keys += read_keys(text)
        except OperatorError as e:
            raise OperatorError(f"{source}: {e.message}") from None
    return Keyring(keys)

"""Files that people write."""

from pathlib import Path

from weftline_core.errors import OperatorError


def read_text(path: Path) -> str:
    """Return a file's text.

    Raises:
        OperatorError: it cannot be read, or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8")
    except OSError as e:
        raise OperatorError(f"cannot read {path}: {e.strerror or e}") from e
    except UnicodeDecodeError as e:
        raise OperatorError(f"cannot read {path}: not UTF-8 text (byte {e.start})") from e

"""What is installed here."""

from importlib.metadata import PackageNotFoundError, version


def weftline_version() -> str:
    """Return the installed version, or `unknown` when it runs from a bare source tree."""
    return library_version("weftline") or "unknown"


def library_version(name: str) -> str | None:
    """Return a library's installed version, or None."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None

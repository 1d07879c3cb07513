"""Media that stand in a URL of their own: `data:image/png;base64,...`."""

from weftline_core.dialects.shape import wrong


def read_data_url(url: str, path: str) -> tuple[str | None, str]:
    """Return the type, without its parameters, and the base64 text of a client's `data:` URL.

    Raises:
        CallerError: it is not in base64.
    """
    head, comma, data = url.partition(",")
    mime, _, encoding = head[len("data:") :].rpartition(";")
    if not comma or encoding.strip().lower() != "base64":
        raise wrong(path, "a data URL must look like data:image/png;base64,...")
    return mime.partition(";")[0].lower() or None, data


def data_url(mime: str, data: str) -> str:
    """Return the URL of base64 text."""
    return f"data:{mime};base64,{data}"

"""The path by which every model of Workers AI is run."""

from urllib.parse import quote


def run_path(model: str) -> str:
    """Return the path below an account's base URL, as in `/ai/run/@cf/meta/llama-3`."""
    return f"/ai/run/{quote(model, safe='@/')}"

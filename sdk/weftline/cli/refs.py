"""How people name resources on a command line: `Endpoint/iad-1`, and any spelling close to it."""

from weftline.cli.errors import CliError, ExitCode
from weftline_core.desired import KINDS
from weftline_core.documents import suggestion


def parse_kind(text: str) -> str:
    """Return the kind that `text` means; `endpoint`, `Endpoints` and `ENDPOINT` are one.

    Raises:
        CliError: no such kind, with a suggestion.
    """
    word = text.lower()
    for kind in KINDS:
        if word in _spellings(kind):
            return kind
    hint = "`weft nodes` shows the nodes" if word in ("node", "nodes") else None
    raise CliError(
        f"no kind of resource is called '{text}'{suggestion(text.capitalize(), KINDS)}",
        code=ExitCode.USAGE,
        hint=hint,
    )


def parse_ref(text: str) -> str:
    """Return the ref `Kind/name` that `text` means. A model's name may hold further slashes.

    Raises:
        CliError: no kind or no name in it.
    """
    kind, slash, name = text.partition("/")
    if not slash and not _is_kind(kind):
        raise CliError(
            f"'{text}' names no resource",
            code=ExitCode.USAGE,
            hint=f"write KIND/NAME, where KIND is one of {', '.join(sorted(KINDS))}",
        )
    known = parse_kind(kind)
    if not slash or not name:
        raise CliError(
            f"'{text}' names no resource", code=ExitCode.USAGE, hint=f"write {known}/NAME"
        )
    return f"{known}/{name}"


def _spellings(kind: str) -> tuple[str, str]:
    return kind.lower(), f"{kind.lower()}s"


def _is_kind(text: str) -> bool:
    return any(text.lower() in _spellings(kind) for kind in KINDS)

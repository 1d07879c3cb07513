"""The `weft` command: gathers the verbs, and turns every failure into one clear line and a code.

Each process of the mesh brings its own verbs through the entry-point group `weftline.commands`, so
that this package imports none of them. What a verb needs is imported when it runs: `weft --help`
and shell completion stay quick.
"""

import io
import os
import sys
import traceback
from collections.abc import Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Annotated

import typer
from typer.main import get_command

from weftline.cli import (
    change,
    credential,
    describe,
    doctor,
    explain,
    look,
    models,
    top,
    up,
    version,
)
from weftline.cli.errors import CliError, ExitCode
from weftline.cli.grouped_help import GroupedHelp
from weftline.cli.options import examples
from weftline.cli.output import note, say
from weftline_core.errors import MeshError, NotFound, OperatorError, Unavailable

COMMANDS_GROUP = "weftline.commands"

EPILOG = examples(
    "weft up                                  a mesh of three PoPs on this machine",
    "weft apply -f endpoints.yaml --dry-run   what would change",
    "weft top                                 latency and health, live",
    "weft explain weftline/ngram --pop ams    why a request goes where it goes",
)


def main() -> None:
    """Run the command line and exit with its code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code; failures are told on stderr."""
    # None where the shell has closed it, as in `weft get >&-`.
    sys.stdout = sys.stdout or io.StringIO()
    sys.stderr = sys.stderr or io.StringIO()
    try:
        command = get_command(build_app())
        ended: object = command.main(args=list(arguments), prog_name="weft", standalone_mode=False)
    except Exception as e:  # noqa: BLE001  # the last place that can turn a failure into words
        return _told(e)
    return ended if isinstance(ended, int) else ExitCode.OK


def build_app() -> typer.Typer:
    """Return the whole command, with the verbs that other packages bring."""
    app = typer.Typer(
        name="weft",
        help="Run and operate a mesh that carries AI inference to the nearest healthy endpoint.",
        epilog=EPILOG,
        cls=GroupedHelp,
        # The plain help is shorter, cheaper to draw, and the same in a pipe.
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )
    app.callback(invoke_without_command=True)(_root)
    for module in (up, change, look, models, describe, credential, top, explain, doctor, version):
        module.register(app)
    for point in sorted(entry_points(group=COMMANDS_GROUP), key=lambda point: point.name):
        _load(app, point)
    return app


def _root(
    context: typer.Context,
    show_version: Annotated[  # noqa: FBT002  # typer's way to write a flag
        bool, typer.Option("--version", help="Show the version and exit.")
    ] = False,
) -> None:
    if show_version:
        version.print_version()
        raise typer.Exit
    if context.invoked_subcommand is None:
        say(context.get_help())
        raise typer.Exit


def _load(app: typer.Typer, point: EntryPoint) -> None:
    """Add the verbs of one package; if it is broken, the others still work."""
    try:
        point.load()(app)
    except Exception as e:  # noqa: BLE001  # a stranger's module may fail in any way
        reason = f"{type(e).__name__}: {e}"

        def unavailable() -> None:
            raise CliError(
                f"`weft {point.name}` cannot be loaded: {reason}",
                hint="reinstall weftline: pip install --force-reinstall weftline",
            )

        anything = {"ignore_unknown_options": True, "allow_extra_args": True}
        app.command(point.name, hidden=True, context_settings=anything)(unavailable)


def _told(error: Exception) -> int:
    """Print what went wrong and return the exit code for it."""
    if os.environ.get("WEFT_DEBUG") == "1":
        traceback.print_exception(error)
    known = _as_cli_error(error)
    if known.message:
        note("\n".join(known.lines()))
    return known.code


def _as_cli_error(error: Exception) -> CliError:
    match error:
        case CliError():
            return error
        case MeshError():
            return CliError(error.message, code=_mesh_code(error))
        case typer.Abort():
            return CliError("stopped")
        case typer.TyperException():
            return _usage(error)
        case OSError() if error.filename or error.strerror:
            where = f"{error.filename}: " if error.filename else ""
            return CliError(f"{where}{error.strerror or error}")
        case _:
            return CliError(
                f"a bug in weftline: {type(error).__name__}: {error}",
                hint="run it again with WEFT_DEBUG=1 and report what it prints",
            )


def _mesh_code(error: MeshError) -> ExitCode:
    if isinstance(error, OperatorError):
        return ExitCode.USAGE
    if isinstance(error, NotFound):
        return ExitCode.NOT_FOUND
    return ExitCode.UNAVAILABLE if isinstance(error, Unavailable) else ExitCode.FAILED


def _usage(error: typer.TyperException) -> CliError:
    """Return a misused command line as an error."""
    message = error.format_message().strip().rstrip(".")
    if message.startswith("Usage:"):
        # A group of commands by itself: its whole help is no error message.
        message = "missing command"
    # Typer's kinds of misuse are private to it; what they carry is not.
    if possible := getattr(error, "possibilities", None):
        message = f"{error.message}, did you mean {' or '.join(possible)}?"
    path = getattr(getattr(error, "ctx", None), "command_path", "weft")
    return CliError(
        message[:1].lower() + message[1:],
        code=ExitCode.USAGE if error.exit_code == ExitCode.USAGE else ExitCode.FAILED,
        hint=f"see `{path} --help`",
    )

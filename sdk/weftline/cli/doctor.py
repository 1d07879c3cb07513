"""`weft doctor`."""

import typer


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("doctor")(doctor)


def doctor() -> None:
    """Check this machine."""

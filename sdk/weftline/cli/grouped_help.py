"""How `weft --help` lists the verbs: under headings, by what a person wants to do."""

from typing import TYPE_CHECKING

from typer.core import TyperGroup

if TYPE_CHECKING:
    # Typer carries its own click, and hands these to those who override it.
    from typer._click.core import Context  # pyright: ignore[reportPrivateUsage]
    from typer._click.formatting import HelpFormatter  # pyright: ignore[reportPrivateUsage]

# The headings in their order, and the verbs below each in theirs. Verbs that are not named here
# come last, under STRANGERS.
HEADINGS: dict[str, tuple[str, ...]] = {
    "Run": ("up", "node", "control"),
    "Look": ("get", "describe", "nodes", "models", "top", "explain"),
    "Change": ("apply", "drain", "delete", "credential"),
    "Check": ("validate", "doctor", "bench", "version"),
}
STRANGERS = "More"


class GroupedHelp(TyperGroup):
    """A command whose verbs are listed under HEADINGS."""

    def format_commands(self, ctx: "Context", formatter: "HelpFormatter") -> None:  # noqa: ARG002
        """Write every verb that is not hidden, with what it is for."""
        shown = {name: verb for name, verb in self.commands.items() if not verb.hidden}
        named = {name for names in HEADINGS.values() for name in names}
        strangers = tuple(sorted(set(shown) - named))
        for heading, names in {**HEADINGS, STRANGERS: strangers}.items():
            rows = [(n, shown[n].get_short_help_str(formatter.width)) for n in names if n in shown]
            if rows:
                # The same indent below every heading.
                name, words = rows[0]
                rows[0] = (name.ljust(max(map(len, shown))), words)
                with formatter.section(heading):
                    formatter.write_dl(rows)

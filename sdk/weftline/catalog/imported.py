"""What an importer makes of somebody else's catalog."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from weftline_core.desired import Model
from weftline_core.documents import PROBLEMS_SHOWN_MAX

# Providers that go by other names here.
OUR_NAMES: Final[Mapping[str, str]] = {
    "amazon-bedrock": "bedrock",
    "aws": "bedrock",
    "cloudflare": "workersai",
    "cloudflare-workers-ai": "workersai",
    "fireworks-ai": "fireworks",
    "google-vertex": "vertex",
    "moonshotai": "moonshot",
    "togetherai": "together",
    "x-ai": "xai",
}


@dataclass(slots=True)
class Imported:
    """The models that could be carried, and for each kind of loss how often it befell which."""

    models: list[Model] = field(default_factory=list[Model])
    losses: dict[str, list[str]] = field(default_factory=dict[str, list[str]])

    def lose(self, what: str, model: str) -> None:
        """Note that something of a model could not be carried."""
        names = self.losses.setdefault(what, [])
        if model not in names:
            names.append(model)

    def add(self, model: Model) -> None:
        """Take a model, if the mesh would."""
        if problems := list(model.problems()):
            self.lose(f"not taken: {problems[0]}", model.name)
        else:
            self.models.append(model)

    def report(self) -> list[str]:
        """Return a line for each kind of loss, the most frequent first."""
        ordered = sorted(self.losses.items(), key=lambda loss: (-len(loss[1]), loss[0]))
        return [f"{what} ({len(models)}): {_some(models)}" for what, models in ordered]


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:PROBLEMS_SHOWN_MAX])
    more = len(names) - PROBLEMS_SHOWN_MAX
    return f"{shown} and {more} more" if more > 0 else shown


def our_name(provider: str) -> str:
    """Return what a provider is called here."""
    return OUR_NAMES.get(provider, provider)

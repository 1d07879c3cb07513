"""Providers, found by entry point: those that come with weftline and any that others install."""

from collections.abc import Iterable
from importlib.metadata import EntryPoint, entry_points

from weftline_core.errors import OperatorError
from weftline_core.hosts import Provider

GROUP = "weftline.providers"


def installed_providers() -> dict[str, Provider]:
    """Return every installed provider by its name, in the order of names.

    Raises:
        OperatorError: one cannot be loaded, or two have one name.
    """
    return load(sorted(entry_points(group=GROUP), key=lambda point: point.name))


def load(points: Iterable[EntryPoint]) -> dict[str, Provider]:
    """Return the providers behind `points` by their names.

    Raises:
        OperatorError: one cannot be loaded, or two have one name.
    """
    found: dict[str, Provider] = {}
    for point in points:
        try:
            provider: Provider = point.load()
        except (ImportError, AttributeError) as e:
            raise OperatorError(
                f"the provider '{point.name}' ({point.value}) cannot be loaded: {e}"
            ) from e
        if provider.name in found:
            raise OperatorError(f"two installed providers are called '{provider.name}'; remove one")
        found[provider.name] = provider
    return found

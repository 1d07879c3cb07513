"""Providers by entry point."""

from importlib.metadata import EntryPoint

import pytest

from weftline.plugins import GROUP, installed_providers, load
from weftline_core.errors import OperatorError

OPENAI = "weftline_providers.openai:HOST"


def point(name: str, value: str) -> EntryPoint:
    return EntryPoint(name=name, value=value, group=GROUP)


def test_the_built_in_providers_come_by_the_same_door_as_strangers() -> None:
    found = installed_providers()
    assert {"openai", "selfhosted", "cog"} <= set(found)
    assert all(name == provider.name for name, provider in found.items())


def test_two_of_one_name_are_refused() -> None:
    with pytest.raises(OperatorError, match="two installed providers are called 'openai'"):
        load([point("a", OPENAI), point("b", OPENAI)])


@pytest.mark.parametrize("value", ["no_such_module:HOST", "weftline_providers.openai:NOPE"])
def test_one_that_cannot_be_loaded_is_named(value: str) -> None:
    with pytest.raises(OperatorError, match=r"the provider 'odd' .* cannot be loaded"):
        load([point("odd", value)])

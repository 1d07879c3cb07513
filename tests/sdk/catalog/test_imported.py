"""The report of an import: what could not be carried, the most frequent first."""

from weftline.catalog.imported import Imported, our_name
from weftline_core.desired import Model


def test_losses_are_told_by_how_many_they_befell() -> None:
    found = Imported()
    found.lose("b", "m/1")
    found.lose("a", "m/1")
    for i in range(14):
        found.lose("c", f"m/{i}")
    found.lose("c", "m/3")
    shown = ", ".join(f"m/{i}" for i in range(12))
    assert found.report() == [f"c (14): {shown} and 2 more", "a (1): m/1", "b (1): m/1"]


def test_what_the_mesh_would_refuse_is_not_taken() -> None:
    found = Imported()
    found.add(Model(name="a/good"))
    found.add(Model(name="a/bad", context_tokens=-1))
    assert [model.name for model in found.models] == ["a/good"]
    assert found.report() == ["not taken: context_tokens must be at least 1, not -1 (1): a/bad"]


def test_providers_go_by_our_names() -> None:
    assert our_name("x-ai") == "xai"
    assert our_name("openai") == "openai"

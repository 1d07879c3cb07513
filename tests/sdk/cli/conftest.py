"""What the tests of commands share: a small mesh to ask, and a way to run a command line."""

from collections.abc import Callable, Generator
from dataclasses import dataclass

import pytest

from tests.fakes.operator import CannedOperator, serving
from weftline.cli.main import run


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command line ended."""

    code: int
    out: str
    err: str


Weft = Callable[..., Ended]


@pytest.fixture
def operator() -> CannedOperator:
    return CannedOperator()


@pytest.fixture
def control(operator: CannedOperator) -> Generator[str]:
    with serving(operator) as address:
        yield address


@pytest.fixture
def weft(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Weft:
    """Return a function that runs `weft ARGUMENTS...` in this process, through its own `run`."""
    for name in ("WEFT_CONTROL", "WEFT_URL", "WEFT_KEY", "WEFT_ADMIN", "WEFT_DEBUG"):
        monkeypatch.delenv(name, raising=False)

    def call(*arguments: str) -> Ended:
        capsys.readouterr()
        code = run(arguments)
        out, err = capsys.readouterr()
        return Ended(code, out, err)

    return call

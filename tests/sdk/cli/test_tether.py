"""The shim becomes its command, unless its parent is gone already."""

import os
import subprocess
import sys

import pytest

from weftline.cli import tether

SHIM = [sys.executable, "-I", "-S", tether.__file__]
COMMAND = [sys.executable, "-c", "import sys; print(sys.argv[1:])", "a", "b c"]


def shim(parent: int) -> str:
    ended = subprocess.run(
        [*SHIM, str(parent), *COMMAND], capture_output=True, text=True, timeout=10, check=True
    )
    return ended.stdout


def test_it_becomes_the_command() -> None:
    assert shim(os.getpid()) == "['a', 'b c']\n"


@pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux tells a child of its parent's death"
)
def test_it_does_not_begin_when_the_parent_is_gone() -> None:
    assert shim(2**22 + 1) == "", "a process id that Linux never gives"

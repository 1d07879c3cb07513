"""What runs here."""

import json
import platform

from tests.sdk.cli.conftest import Weft
from weftline.versions import library_version


def test_version_tells_of_python_and_libraries(weft: Weft) -> None:
    told = json.loads(weft("version", "-o", "json").out)
    assert told["python"] == platform.python_version()
    assert told["grpcio"] == library_version("grpcio")
    assert weft("version").out.startswith("WHAT")

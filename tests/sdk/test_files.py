"""Files that people write, and the words for those that cannot be read."""

from pathlib import Path

import pytest

from weftline.files import read_text
from weftline_core.errors import OperatorError


def test_a_text_is_read_as_utf_8(tmp_path: Path) -> None:
    file = tmp_path / "weft.yaml"
    file.write_bytes("name: zürich\n".encode())
    assert read_text(file) == "name: zürich\n"


def test_why_a_file_cannot_be_read_is_said(tmp_path: Path) -> None:
    file = tmp_path / "weft.yaml"
    for content, why in ((None, "No such file"), (b"ok\xff", r"not UTF-8 text \(byte 2\)")):
        if content is not None:
            file.write_bytes(content)
        with pytest.raises(OperatorError, match=rf"cannot read .*weft\.yaml: {why}"):
            read_text(file)

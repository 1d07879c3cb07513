"""Secrets are made once, kept, and private; the folder has one user."""

import os
import stat
from collections.abc import Generator
from pathlib import Path

import pytest

from weftline.cli.data_dir import DataDir
from weftline.cli.errors import CliError


@pytest.fixture
def data(tmp_path: Path) -> Generator[DataDir]:
    folder = DataDir(tmp_path / "deep" / "weft")
    yield folder
    folder.close()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_secrets_are_made_once(data: DataDir, tmp_path: Path) -> None:
    key, pepper = data.key(), data.pepper()
    assert key.startswith("weft-")
    assert len(bytes.fromhex(pepper.decode())) == 32
    assert (data.key(), data.pepper()) == (key, pepper)
    other = DataDir(tmp_path / "other")
    assert other.key() != key
    other.close()


def test_secrets_are_private(data: DataDir) -> None:
    data.key()
    data.pepper()
    assert [mode(data.key_file), mode(data.pepper_file)] == [0o600, 0o600]
    assert [mode(data.path), mode(data.of("control"))] == [0o700, 0o700]


def test_an_interrupted_start_leaves_no_half_secret(data: DataDir) -> None:
    (data.path / "key.new").write_text("weft-ha")
    assert len(data.key()) == len("weft-") + 40


def test_an_emptied_secret_is_not_replaced_in_silence(data: DataDir) -> None:
    data.pepper_file.write_text("")
    with pytest.raises(CliError, match="is empty") as refused:
        data.pepper()
    assert refused.value.hint is not None


def test_a_secret_that_is_no_text_is_told_without_a_word_of_it(data: DataDir) -> None:
    data.pepper_file.write_bytes(b"\xe6\xff" * 16)
    with pytest.raises(CliError, match="pepper is damaged") as refused:
        data.pepper()
    assert refused.value.hint is not None
    assert "0xe6" not in " ".join(refused.value.lines())


def test_what_a_child_kept_can_be_forgotten(data: DataDir) -> None:
    (data.of("pop-ams") / "desired.snapshot").write_text("old")
    data.forget("pop-ams")
    assert list(data.of("pop-ams").iterdir()) == []
    data.forget("pop-never-seen")


def test_the_folder_has_one_user_at_a_time(tmp_path: Path) -> None:
    first = DataDir(tmp_path)
    with pytest.raises(CliError, match=rf"another `weft up` uses .* \(process {os.getpid()}\)"):
        DataDir(tmp_path)
    first.close()
    DataDir(tmp_path).close()


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CliError, match="cannot be used"):
        DataDir(tmp_path / "file" / "weft")

"""Sealing keys are found where the environment says, and never quoted."""

import random
from pathlib import Path

import pytest

from weftline.sealing_keys import read_keyring
from weftline_core.errors import OperatorError
from weftline_core.sealing import new_sealing_key, read_keys

OLD, NEW = (new_sealing_key(random.Random(seed)) for seed in (1, 2))
OLD_ID, NEW_ID = (read_keys(text)[0].id for text in (OLD, NEW))


def test_one_key_from_a_variable() -> None:
    assert read_keyring({"WEFT_SEALING_KEY": OLD}).ids == (OLD_ID,)


def test_the_files_keys_come_before_the_variables(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text(f"# newest first\n{NEW}\n")
    environ = {"WEFT_SEALING_KEYS_FILE": str(file), "WEFT_SEALING_KEY": OLD}
    assert read_keyring(environ).ids == (NEW_ID, OLD_ID)


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({}, "no sealing key: set WEFT_SEALING_KEYS_FILE or WEFT_SEALING_KEY"),
        ({"WEFT_SEALING_KEY": " \n"}, "no sealing key"),
        ({"WEFT_SEALING_KEY": "not base64!"}, "WEFT_SEALING_KEY: line 1 is no base64"),
        ({"WEFT_SEALING_KEY": OLD[:8]}, "WEFT_SEALING_KEY: line 1: a sealing key is 32 bytes"),
        ({"WEFT_SEALING_KEYS_FILE": "/no/such/file"}, "cannot read /no/such/file"),
    ],
)
def test_what_is_wrong_is_told_without_the_key(environ: dict[str, str], said: str) -> None:
    with pytest.raises(OperatorError) as refused:
        read_keyring(environ)
    assert said in refused.value.message
    assert "not base64!" not in refused.value.message
    assert OLD[:8] not in refused.value.message

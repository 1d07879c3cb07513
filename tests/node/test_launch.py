"""What a node process is started with."""

from pathlib import Path

import msgspec
import pytest

from weftline_core.errors import OperatorError
from weftline_node.launch import Launch, settings_of
from weftline_node.ports import Address

YAML = """
listen: 127.0.0.1:8099
keys: [{name: dev, key: k}]
models: [{name: m}]
endpoints: [{name: e, base_url: "http://h/v1", models: {m: m}}]
"""


def test_options_become_settings(tmp_path: Path) -> None:
    pepper = tmp_path / "pepper"
    pepper.write_bytes(b"0123456789abcdef\n")
    launch = Launch(
        id="ams",
        control="127.0.0.1:7700",
        pepper_file=str(pepper),
        gossip="127.0.0.1:7781",
        join=("127.0.0.1:7782",),
        admin="",
    )
    settings = settings_of(launch)
    assert settings.pepper == b"0123456789abcdef"
    assert settings.join == (Address("127.0.0.1", 7782),)
    assert settings.admin is None
    assert b"0123456789abcdef" not in msgspec.json.encode(launch), "it goes on a command line"


def test_a_file_is_all_that_a_lone_node_needs(tmp_path: Path) -> None:
    path = tmp_path / "weft.yaml"
    path.write_text(YAML)
    settings = settings_of(Launch(config=str(path)))
    assert settings.listen == Address("127.0.0.1", 8099)
    assert settings.control is None
    assert len(settings.pepper) == 32


@pytest.mark.parametrize(
    ("launch", "said"),
    [
        (Launch(), "give --config FILE, or --id, --control and --pepper-file"),
        (Launch(config="/no/such.yaml"), "cannot read /no/such.yaml: No such file"),
        (Launch(id="a", control="b:1", pepper_file="/no/such"), "--pepper-file: cannot read"),
    ],
)
def test_what_is_missing_is_told(launch: Launch, said: str) -> None:
    with pytest.raises(OperatorError, match=said):
        settings_of(launch)


def test_a_short_pepper_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "pepper"
    path.write_bytes(b"short")
    with pytest.raises(OperatorError, match="fewer than 16 bytes"):
        settings_of(Launch(id="a", control="b:1", pepper_file=str(path)))

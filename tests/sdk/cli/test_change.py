"""What changes the desired state."""

import json
from pathlib import Path

from tests.fakes.operator import CannedOperator
from tests.sdk.cli.conftest import Weft
from weftline.cli.errors import ExitCode
from weftline_core.desired import Model
from weftline_proto.control.v1 import operator_pb2 as pb


def test_apply_tells_what_happened(
    operator: CannedOperator, control: str, weft: Weft, tmp_path: Path
) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("kind: Model\nname: m\n---\nkind: Pop\nname: ams\ndrain: true\n")
    ended = weft("apply", "-f", str(file), "--control", control)
    assert ended.code == ExitCode.OK
    assert ended.out.splitlines() == [
        "RESOURCE  WHAT",
        "Model/m   created",
        "Pop/ams   changed",
        "revision 8",
    ]
    assert operator.desired.resources["Model/m"] == Model(name="m")


def test_a_dry_run_says_so_and_changes_nothing(
    operator: CannedOperator, control: str, weft: Weft, tmp_path: Path
) -> None:
    (tmp_path / "a.yaml").write_text("kind: Model\nname: m\n")
    ended = weft("apply", "-f", str(tmp_path), "--dry-run", "--control", control)
    assert "WOULD BE" in ended.out
    assert "nothing was changed" in ended.out
    assert "Model/m" not in operator.desired.resources
    ended = weft("apply", "-f", str(tmp_path), "--dry-run", "--control", control, "-o", "json")
    assert json.loads(ended.out) == {
        "changes": [{"ref": "Model/m", "what": "created"}],
        "revision": 7,
        "dry_run": True,
    }


def test_a_wrong_file_never_reaches_the_control_plane(
    operator: CannedOperator, control: str, weft: Weft, tmp_path: Path
) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("kind: Modell\nname: m\n")
    ended = weft("apply", "-f", str(file), "--control", control)
    assert ended.code == ExitCode.USAGE
    assert f"{file}:1: unknown kind 'Modell', did you mean 'Model'?" in ended.err
    assert operator.asked == []


def test_drain_and_its_undoing(operator: CannedOperator, control: str, weft: Weft) -> None:
    assert weft("drain", "endpoint/iad-1", "--control", control).code == ExitCode.OK
    assert weft("drain", "Pop/ams", "--undo", "--control", control).code == ExitCode.OK
    assert operator.asked == [
        pb.DrainRequest(ref="Endpoint/iad-1"),
        pb.DrainRequest(ref="Pop/ams", undo=True),
    ]


def test_delete(operator: CannedOperator, control: str, weft: Weft) -> None:
    ended = weft("delete", "key/app", "--control", control)
    assert "Key/app   deleted" in ended.out
    assert operator.asked == [pb.DeleteRequest(ref="Key/app")]

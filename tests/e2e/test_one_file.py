"""One node from one file, without a control plane: checked, followed as it is edited."""

from collections.abc import Generator
from pathlib import Path

import openai
import pytest

from tests.e2e.mesh import SOON_S, Ended, Pop, ask, call, client, within
from tests.e2e.processes import Weft
from weftline.cli.errors import ExitCode

pytestmark = pytest.mark.e2e

KEY = "weft-one-file"
SECRET = "sk-never-shown"
ENVIRON = {"WEFT_ONE_FILE_KEY": KEY, "ONE_FILE_SECRET": SECRET}

GOOD = """\
listen: 127.0.0.1:0
admin: 127.0.0.1:0
keys:
  - {{name: dev, key: env:WEFT_ONE_FILE_KEY}}
models:
  - {{name: my/model, aliases: [{alias}]}}
endpoints:
  - name: near
    base_url: {base_url}
    models: {{my/model: ngram}}
    secret: env:ONE_FILE_SECRET
"""


class OneFile:
    """A node and the file that it follows."""

    def __init__(self, folder: Path, base_url: str) -> None:
        self.file = folder / "weft.yaml"
        self.base_url = base_url
        self.edit(GOOD, alias="first")
        command = ("node", "--config", str(self.file))
        self.weft = Weft(*command, log=folder / "node.log", environ=ENVIRON)
        ready = self.weft.ready
        self.pop = Pop(ready["id"], ready["base_url"], ready["admin_url"], self.weft.pid)

    def edit(self, text: str, alias: str) -> None:
        self.file.write_text(text.format(alias=alias, base_url=self.base_url))

    def serves(self, model: str) -> bool:
        """Return whether a client may name this model."""
        try:
            return bool(ask(self.pop, KEY, model).text)
        except openai.NotFoundError:
            return False

    def validate(self) -> Ended:
        return call("validate", "-f", str(self.file), environ=ENVIRON)


@pytest.fixture(scope="module")
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    log = tmp_path_factory.mktemp("endpoint") / "endpoint.log"
    with Weft("bench", "endpoint", "--listen", "127.0.0.1:0", log=log) as endpoint:
        yield endpoint.ready["base_url"]


@pytest.fixture
def node(tmp_path: Path, base_url: str) -> Generator[OneFile]:
    node = OneFile(tmp_path, base_url)
    with node.weft:
        yield node


def test_edits_are_followed_and_a_bad_one_keeps_what_is_in_force(node: OneFile) -> None:
    assert node.serves("my/model")
    assert node.serves("first")
    assert node.validate().code == 0

    node.edit(GOOD, alias="second")
    within(SOON_S, lambda: node.serves("second"))
    assert not node.serves("first")

    node.edit(GOOD.replace("base_url:", "base_ulr:"), alias="third")
    within(SOON_S, lambda: "config_refused" in node.weft.logs())
    assert node.serves("second")
    assert not node.serves("third")
    refused = node.validate()
    assert refused.code == ExitCode.USAGE
    assert f"{node.file}:9" in refused.err, "the line is named"
    assert "did you mean 'base_url'?" in refused.err

    node.file.unlink()
    assert node.serves("second"), "a file that is gone empties nothing"

    node.edit(GOOD, alias="fourth")
    within(SOON_S, lambda: node.serves("fourth"))
    assert SECRET not in node.weft.logs()
    assert KEY not in node.weft.logs()


def test_embeddings_of_a_chat_model_are_refused_in_words(node: OneFile) -> None:
    with client(node.pop, KEY) as sdk, pytest.raises(openai.BadRequestError, match="my/model"):
        sdk.embeddings.create(model="my/model", input="a")


@pytest.mark.parametrize(
    ("was", "becomes", "told"),
    [
        ("env:WEFT_ONE_FILE_KEY", "env:WEFT_NOT_SET", "WEFT_NOT_SET, which is not set"),
        ("{{my/model: ngram}}", "{{no/model: ngram}}", "no/model"),
        ("listen: 127.0.0.1:0", "listen: here", "expected host:port"),
        ("keys:", "keys: [", "weft.yaml:"),
    ],
)
def test_a_bad_file_does_not_start(tmp_path: Path, was: str, becomes: str, told: str) -> None:
    file = tmp_path / "weft.yaml"
    text = GOOD.replace(was, becomes).format(alias="a", base_url="http://127.0.0.1:9/v1")
    file.write_text(text)
    for command in (("validate", "-f"), ("node", "--config")):
        ended = call(*command, str(file), environ=ENVIRON)
        assert ended.code == ExitCode.USAGE
        assert ended.err.startswith("error: ")
        assert told in ended.err
        assert "Traceback" not in ended.err
        assert SECRET not in ended.err

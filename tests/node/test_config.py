"""A node in one file."""

from pathlib import Path

import pytest

from weftline_core.errors import OperatorError
from weftline_core.keys import digest
from weftline_node.config import (
    NodeSettings,
    file_desired,
    file_settings,
    read_file_config,
)
from weftline_node.ports import Address

GOOD = """
listen: 127.0.0.1:8080
keys:
  - {name: dev, key: env:WEFT_KEY}
models:
  - {name: weftline/ngram}
endpoints:
  - name: iad
    base_url: http://127.0.0.1:9102/v1
    models: {weftline/ngram: ngram}
"""
PEPPER = b"p"


def refusal(text: str, environ: dict[str, str] | None = None) -> str:
    with pytest.raises(OperatorError) as caught:
        file_desired(
            read_file_config(text, "weft.yaml"),
            pepper=PEPPER,
            environ={"WEFT_KEY": "k"} if environ is None else environ,
            revision=1,
            source="weft.yaml",
        )
    return caught.value.message


def test_a_good_file_becomes_settings_and_desired_state() -> None:
    config = read_file_config(GOOD, "weft.yaml")
    settings = file_settings(config, pepper=PEPPER)
    assert settings.listen == Address("127.0.0.1", 8080)
    assert settings.gossip is None
    desired = file_desired(
        config, pepper=PEPPER, environ={"WEFT_KEY": "secret-1"}, revision=4, source="weft.yaml"
    )
    assert desired.revision == 4
    assert set(desired.resources) == {"Model/weftline/ngram", "Endpoint/iad", "Key/dev"}
    assert digest(PEPPER, "secret-1") in str(desired)
    assert "secret-1" not in str(desired), "the key itself is known to nobody"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("listen:", "listn:", "weft.yaml:2: listn: unknown field, did you mean 'listen'?"),
        ("base_url", "baseurl", "endpoints[0].baseurl: unknown field, did you mean 'base_url'?"),
        ("8080", "80800", "weft.yaml:2: listen: expected host:port"),
        ("models:\n  - {name: weftline/ngram}", "models: []", "which no Model resource defines"),
        ("env:WEFT_KEY", "env:NOPE", "'dev' refers to the variable NOPE, which is not set"),
        ("key: env:WEFT_KEY", "key: ''", "keys: 'dev' is empty"),
        ("keys:\n  - {name: dev, key: env:WEFT_KEY}\n", "", "missing required field `keys`"),
        ("{name: dev,", "{name: Dev,", "'Dev' is not a valid name"),
    ],
)
def test_a_wrong_file_is_refused_with_what_to_do(old: str, new: str, said: str) -> None:
    assert old in GOOD
    assert said in refusal(GOOD.replace(old, new))


def test_two_of_a_name_and_two_documents_are_refused() -> None:
    twice = GOOD.replace("  - {name: weftline/ngram}", "  - {name: a}\n  - {name: a}")
    assert "Model/a is given twice" in refusal(twice)
    assert "expected one document" in refusal(GOOD + "---\nlisten: x\n")


def test_a_literal_key_is_never_shown() -> None:
    text = GOOD.replace("env:WEFT_KEY", "sk-live-999, tenat: x")
    assert "sk-live-999" not in refusal(text)


def test_settings_refuse_a_wrong_id_and_an_unknown_region(tmp_path: Path) -> None:
    listen = Address("127.0.0.1", 0)
    with pytest.raises(OperatorError, match="not a valid name"):
        NodeSettings(id="A B", region="ams", listen=listen, admin=None, pepper=PEPPER)
    with pytest.raises(OperatorError, match="amx"):
        NodeSettings(
            id="a", region="amx", listen=listen, admin=None, pepper=PEPPER, data_dir=tmp_path
        )

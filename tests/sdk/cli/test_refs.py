"""Any close spelling names a resource."""

import pytest

from weftline.cli.errors import CliError, ExitCode
from weftline.cli.refs import parse_kind, parse_ref


@pytest.mark.parametrize("text", ["Endpoint", "endpoint", "endpoints", "ENDPOINTS"])
def test_kinds_in_any_spelling(text: str) -> None:
    assert parse_kind(text) == "Endpoint"


def test_credentials_are_a_kind() -> None:
    assert parse_ref("credentials/main") == "Credential/main"


def test_a_models_name_may_hold_slashes() -> None:
    assert parse_ref("model/weftline/ngram") == "Model/weftline/ngram"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("endpiont/x", "did you mean 'Endpoint'?"),
        ("zzz/x", "known here: Credential, Endpoint, Key, Model, Pop"),
        ("Endpoint", "'Endpoint' names no resource"),
        ("Endpoint/", "'Endpoint/' names no resource"),
        ("iad-1", "'iad-1' names no resource"),
    ],
)
def test_what_names_nothing_is_refused(text: str, told: str) -> None:
    with pytest.raises(CliError) as refused:
        parse_ref(text)
    assert told in refused.value.message
    assert refused.value.code is ExitCode.USAGE


def test_nodes_are_elsewhere() -> None:
    with pytest.raises(CliError) as refused:
        parse_kind("nodes")
    assert refused.value.hint == "`weft nodes` shows the nodes"

"""Every provider file is found by its entry point, and keeps to the one interface."""

from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftline_core.desired import base_url_problem
from weftline_core.ids import model_name_problem
from weftline_core.provider import OpenAiHost, Provider, UnsupportedTask

FOLDER = Path(__file__).resolve().parents[2] / "providers" / "weftline_providers"
NAMES = sorted(path.stem for path in FOLDER.glob("*.py") if not path.stem.startswith("_"))
HOSTS: list[Provider] = [import_module(f"weftline_providers.{name}").HOST for name in NAMES]
SIMPLE = [host for host in HOSTS if isinstance(host, OpenAiHost)]

FIELDS = st.dictionaries(
    st.text(max_size=12), st.none() | st.booleans() | st.integers(0, 99) | st.text(), max_size=6
)


def test_every_file_is_an_entry_point() -> None:
    registered = {point.name: point.value for point in entry_points(group="weftline.providers")}
    assert registered == {name: f"weftline_providers.{name}:HOST" for name in NAMES}


def test_every_host_has_the_name_of_its_file() -> None:
    assert [host.name for host in HOSTS] == NAMES


@pytest.mark.parametrize("host", HOSTS, ids=NAMES)
def test_a_public_service_is_whole(host: Provider) -> None:
    if host.base_url is None:
        assert (host.key_env, host.models) == (None, ()), "whoever runs it knows what it serves"
        return
    assert base_url_problem(host.base_url) is None
    assert host.base_url.startswith("https://"), "a key never leaves unencrypted"
    assert host.key_env is not None
    assert host.key_env.endswith("_API_KEY")
    assert host.models
    for model, task in host.models:
        assert model_name_problem(f"{host.name}/{model}") is None
        assert host.path(task), "what it offers it can do"


@pytest.mark.parametrize("host", HOSTS, ids=NAMES)
def test_a_secret_stays_in_the_headers(host: Provider) -> None:
    assert host.headers("s3cret") == (("authorization", "Bearer s3cret"),)
    assert host.headers(None) == ()
    assert b"s3cret" not in host.encode("embeddings", {"input": "x"}, "m")
    assert "s3cret" not in repr(host)


@pytest.mark.parametrize("host", SIMPLE, ids=lambda host: host.name)
def test_a_task_has_a_path_or_is_refused(host: OpenAiHost) -> None:
    for task in ("chat", "embeddings"):
        if task in host.tasks:
            assert host.path(task).startswith("/")
        else:
            with pytest.raises(UnsupportedTask, match=host.name):
                host.path(task)


@pytest.mark.parametrize("host", SIMPLE, ids=lambda host: host.name)
@given(body=FIELDS, quirks=st.data())
def test_only_known_quirks_change_a_request(
    host: OpenAiHost, body: dict[str, object], quirks: st.DataObject
) -> None:
    own = sorted(host.drops) + [name for pair in host.renames for name in pair]
    if own:
        body |= dict.fromkeys(quirks.draw(st.lists(st.sampled_from(own))), 1)
    before = dict(body)
    sent = orjson.loads(host.encode("chat", body, "theirs"))
    assert body == before, "the client's request is not changed"
    assert sent.pop("model") == "theirs"
    assert not set(sent) & {*host.drops, *(ours for ours, _ in host.renames)}
    for ours, theirs in host.renames:
        wanted = before.get(theirs, before.get(ours))
        assert sent.get(theirs) == wanted
    untouched = set(before) - set(own) - {"model"}
    assert {name: sent[name] for name in untouched} == {name: before[name] for name in untouched}

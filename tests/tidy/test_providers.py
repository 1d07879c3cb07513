"""Every provider file is found by its entry point, and keeps to the one interface."""

from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftline_core.desired import base_url_problem
from weftline_core.dialects.dialect import Back, Target
from weftline_core.hosts import Host, Provider

FOLDER = Path(__file__).resolve().parents[2] / "providers" / "weftline_providers"
NAMES = sorted(path.stem for path in FOLDER.glob("*.py") if not path.stem.startswith("_"))
HOSTS: list[Provider] = [import_module(f"weftline_providers.{name}").HOST for name in NAMES]
SIMPLE = [host for host in HOSTS if isinstance(host, Host)]
OPTIONS = {
    "project": "p",
    "location": "l",
    "region": "us-east-1",
    "account": "a",
    "account_id": "a",
}
TARGET = Target(model="maker/theirs", options=OPTIONS)

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
    assert host.speaks
    for url in (host.base_url, *host.regions.values()):
        if url is not None:
            assert base_url_problem(url) is None
            assert url.startswith("https://"), "a key never leaves unencrypted"
    if host.base_url is not None:
        assert host.key_env is not None
        assert host.key_env.isupper()


@pytest.mark.parametrize("host", HOSTS, ids=NAMES)
def test_a_secret_stays_in_the_headers(host: Provider) -> None:
    for back in host.speaks:
        shown = dict(host.headers(back, "s3cret"))
        assert any("s3cret" in value for value in shown.values())
        assert not any("s3cret" in value for _, value in host.headers(back, None))
        assert "s3cret" not in host.path(back, TARGET, stream=False)
    assert "s3cret" not in repr(host)


@pytest.mark.parametrize("host", HOSTS, ids=NAMES)
def test_every_dialect_of_a_host_has_a_path(host: Provider) -> None:
    for back in host.dialects(TARGET.model):
        for stream in (False, True):
            path = host.path(back, TARGET, stream=stream)
            assert path.startswith("/")
            assert path.isascii()
            assert path.isprintable()
            assert " " not in path


@pytest.mark.parametrize("host", HOSTS, ids=NAMES)
def test_a_host_counts_only_in_a_dialect_that_it_speaks(host: Provider) -> None:
    spoken: dict[str, Back] = {back.name: back for back in host.speaks}
    for name in host.counts:
        assert hasattr(spoken[name], "count_path")


@pytest.mark.parametrize("host", SIMPLE, ids=lambda host: host.name)
@given(body=FIELDS, quirks=st.data())
def test_only_known_quirks_change_a_request(
    host: Host, body: dict[str, object], quirks: st.DataObject
) -> None:
    own = sorted(host.drops) + [name for pair in host.renames for name in pair]
    if own:
        body |= dict.fromkeys(quirks.draw(st.lists(st.sampled_from(own))), 1)
    before = dict(body)
    gone = host.adapt(host.speaks[0], body, TARGET)
    assert orjson.loads(orjson.dumps(body)) == body
    assert set(gone) == {name for name in host.drops if before.get(name) is not None}
    assert not set(body) & {*host.drops, *(ours for ours, _ in host.renames)}
    for ours, theirs in host.renames:
        assert body.get(theirs) == before.get(theirs, before.get(ours))
    untouched = set(before) - set(own)
    assert {name: body[name] for name in untouched} == {name: before[name] for name in untouched}

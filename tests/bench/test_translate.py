"""What is measured is the real way of a request and its answer."""

import orjson
import pytest

from weftline_bench import translate
from weftline_bench.translate import Pair, run_translate
from weftline_bench.translate_samples import STREAM_CALLS, STREAM_WORDS, Host, clients, hosts

CLIENTS, HOSTS = clients(), hosts()


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("client", CLIENTS)
def test_each_pair_translates_whole_streams(client: str, host: str) -> None:
    pair = Pair(CLIENTS[client], HOSTS[host])
    assert orjson.loads(pair.request())
    words = b"".join(pair.text())
    assert words.count(b"tide") >= STREAM_WORDS // 10
    assert b"".join(pair.call()).count(b"hours") >= STREAM_CALLS
    assert b"Sylt" in pair.answer()


def test_a_request_goes_on_in_the_hosts_dialect() -> None:
    body = orjson.loads(Pair(CLIENTS["chat"], HOSTS["messages"]).request())
    assert body["system"]
    assert body["tools"][0]["input_schema"]["required"] == ["place"]


def test_a_stream_of_one_dialect_passes_as_it_is() -> None:
    passed = Pair(CLIENTS["messages"], HOSTS["messages"]).text()
    assert b"".join(passed) == b"".join(HOSTS["messages"].text)


def test_a_run_has_every_cost_of_every_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(translate, "SAMPLE_S", 1e-5)
    report = run_translate(2, seed=1)
    found = [(cost.client, cost.host, cost.what) for cost in report.costs]
    assert len(set(found)) == len(found) == len(CLIENTS) * len(HOSTS) * 4
    assert all(0 < cost.best_us <= cost.median_us for cost in report.costs)
    assert report.options == {"repeats": 2, "seed": 1, "only": []}


def test_a_run_can_be_of_some_pairs_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(translate, "SAMPLE_S", 1e-5)
    report = run_translate(1, seed=1, only=["converse"])
    assert {(cost.client, cost.host) for cost in report.costs} == {
        (name, "converse") for name in CLIENTS
    }


def test_an_unknown_dialect_is_told_with_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"no dialect 'gemini'; there are: chat, .*generate"):
        run_translate(1, seed=1, only=["gemini"])


def test_a_broken_stream_is_not_measured() -> None:
    host = HOSTS["chat"]
    cut = Pair(CLIENTS["messages"], Host(host.back, host.text[:9], (), b""))
    with pytest.raises(AssertionError, match="half a stream"):
        cut.text()


def test_events_are_counted_where_there_are_more() -> None:
    assert len(HOSTS["workers_ai"].calls) < STREAM_CALLS
    for client in CLIENTS.values():
        sent_whole = Pair(client, HOSTS["workers_ai"]).probes()[2]
        assert sent_whole.units >= STREAM_CALLS
    written_whole = Pair(CLIENTS["generate"], HOSTS["converse"]).probes()[2]
    assert written_whole.units == len(HOSTS["converse"].calls)

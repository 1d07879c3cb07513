"""Probes, helpers and blame, step by step."""

import random

from tests.fakes.switch import info
from weftline_core.gossip.awareness import Awareness
from weftline_core.gossip.config import LOCAL
from weftline_core.gossip.detector import RELAYS_MAX, Detector, Verdict
from weftline_core.gossip.members import Members
from weftline_core.gossip.messages import Ack, MemberState, Nack, Ping, PingRequest
from weftline_core.gossip.rumours import Rumours
from weftline_core.ids import NodeId

ME = info("a", 0)
ASKER = ("10.7.7.7", 7000)


class Bench:
    """A detector with `count` healthy peers around it."""

    def __init__(self, count: int) -> None:
        self.awareness = Awareness(8)
        self.members = Members(ME, LOCAL, Rumours(), self.awareness)
        self.detector = Detector(LOCAL, random.Random(5), self.awareness)
        for number in range(1, count + 1):
            peer = info(f"p{number}", number)
            self.members.hear_alive(peer, peer.address, 0.0)

    def tick(self, now_s: float) -> Verdict:
        return self.detector.tick(self.members, now_s)

    def ping(self, now_s: float) -> Ping:
        (sent,) = self.tick(now_s).sends
        assert isinstance(sent[1], Ping)
        member = self.members.get(NodeId(sent[1].target))
        assert member is not None
        assert sent[0] == member.info.address
        return sent[1]


def test_everybody_is_probed_once_a_turn() -> None:
    bench = Bench(7)
    targets: list[str] = []
    for n in range(21):
        ping = bench.ping(n * LOCAL.probe_interval_s)
        bench.detector.hear_ack(ping.sequence)
        targets.append(ping.target)
    turns = [tuple(targets[at : at + 7]) for at in (0, 7, 14)]
    assert [len(set(turn)) for turn in turns] == [7, 7, 7]
    assert len(set(turns)) > 1


def test_one_under_suspicion_is_probed_out_of_turn() -> None:
    bench = Bench(7)
    first = bench.ping(0.0)
    bench.detector.hear_ack(first.sequence)
    for at_s, node in ((0.5, first.target), (1.0, "p3"), (1.5, "p3")):
        bench.detector.probe_next(NodeId(node))
        ping = bench.ping(at_s)
        bench.detector.hear_ack(ping.sequence)
        assert ping.target == node


def test_an_answer_in_time_is_all_there_is() -> None:
    bench = Bench(3)
    bench.awareness.worse(2)
    ping = bench.ping(0.0)
    assert bench.detector.hear_ack(ping.sequence) == []
    assert bench.awareness.score == 1
    for tenth in range(1, 10):
        verdict = bench.tick(tenth / 10)
        assert verdict == Verdict()
    assert bench.detector.hear_ack(ping.sequence) == []


def test_silence_asks_others_and_then_fails() -> None:
    bench = Bench(6)
    ping = bench.ping(0.0)
    assert bench.tick(0.09).sends == []
    requests = bench.tick(0.10).sends
    assert len(requests) == LOCAL.indirect_probes
    assert {message for _, message in requests} == {PingRequest(ping.sequence, ping.target)}
    target = bench.members.get(NodeId(ping.target))
    assert target is not None
    assert target.info.address not in {to for to, _ in requests}
    assert bench.tick(0.49) == Verdict()
    verdict = bench.tick(0.50)
    assert verdict.failed == ping.target
    # Nobody asked to help said a word either: this node suspects its own ears.
    assert bench.awareness.score == 4


def test_helpers_that_tried_clear_this_node() -> None:
    bench = Bench(6)
    ping = bench.ping(0.0)
    for _ in bench.tick(0.1).sends:
        bench.detector.hear_nack(ping.sequence)
    assert bench.tick(0.5).failed == ping.target
    assert bench.awareness.score == 0


def test_an_answer_by_way_of_a_helper_counts() -> None:
    bench = Bench(6)
    ping = bench.ping(0.0)
    bench.tick(0.1)
    bench.detector.hear_ack(ping.sequence)
    assert bench.tick(0.5).failed is None


def test_a_node_that_doubts_itself_waits_longer() -> None:
    bench = Bench(6)
    bench.awareness.worse(3)
    bench.ping(0.0)
    assert bench.tick(0.39).sends == []
    assert len(bench.tick(0.40).sends) == LOCAL.indirect_probes
    assert bench.tick(1.99).failed is None
    assert bench.tick(2.0).failed is not None


def test_with_nobody_to_help_silence_still_fails_once() -> None:
    bench = Bench(1)
    bench.ping(0.0)
    assert bench.tick(0.1).sends == []
    assert bench.tick(0.2).sends == []
    assert bench.tick(0.5).failed == "p1"
    assert bench.awareness.score == 1


def test_alone_there_is_nothing_to_do() -> None:
    assert Bench(0).tick(0.0) == Verdict()


def test_a_helper_pings_passes_the_answer_on_and_says_when_there_is_none() -> None:
    bench = Bench(2)
    request = PingRequest(77, "p1")

    def ask() -> Ping:
        ((to, ping),) = bench.detector.hear_request(request, ASKER, bench.members, 0.0)
        assert isinstance(ping, Ping)
        assert to == info("p1", 1).address
        return ping

    assert bench.detector.hear_ack(ask().sequence) == [(ASKER, Ack(77))]
    silent = ask()
    told = [[m for to, m in bench.tick(at_s).sends if to == ASKER] for at_s in (0.09, 0.1, 0.2)]
    assert told == [[], [Nack(77)], []]
    # A late answer is still worth passing on, until the asker has given up.
    assert bench.detector.hear_ack(silent.sequence) == [(ASKER, Ack(77))]
    late = ask()
    bench.tick(0.51)
    assert bench.detector.hear_ack(late.sequence) == []


def test_help_is_for_members_only_and_bounded() -> None:
    bench = Bench(1)
    stranger = PingRequest(1, "stranger")
    assert bench.detector.hear_request(stranger, ASKER, bench.members, 0.0) == []
    answers = [
        bench.detector.hear_request(PingRequest(n, "p1"), ASKER, bench.members, 0.0)
        for n in range(RELAYS_MAX + 10)
    ]
    assert [len(a) for a in answers] == [1] * RELAYS_MAX + [0] * 10


def test_a_pause_shifts_what_is_under_way() -> None:
    bench = Bench(3)
    ping = bench.ping(0.0)
    bench.detector.postpone(20.0)
    assert bench.tick(20.05) == Verdict()
    bench.detector.hear_ack(ping.sequence)
    assert bench.tick(20.45) == Verdict()
    assert len(bench.tick(20.5).sends) == 1


def test_the_dead_are_not_probed() -> None:
    bench = Bench(2)
    member = bench.members.get(NodeId("p1"))
    assert member is not None
    member.state = MemberState.DEAD
    for n in range(5):
        ping = bench.ping(float(n))
        assert ping.target == "p2"
        bench.detector.hear_ack(ping.sequence)

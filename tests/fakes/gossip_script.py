"""Plays the commands of a written conversation of a gossip mesh, and returns what the mesh said.

mesh A B C              start nodes; all join by way of the first
run SECONDS             let time pass; answers with the changes that nodes reported
publish A E=STATE ...   give the rows of one node, all of them
stop A | leave A | pause A | resume A
restart A via B         start a stopped node anew
twin A via B            start a second node under the same name; it is called A'
split A B | C D         cut two groups from each other
deafen A                let A send and not hear
heal                    undo every cut
loss SHARE              lose this share of all datagrams
say to A: B STATE INCARNATION by C     hand a forged claim to A
members A...            show what nodes believe of one another
table E A...            show what nodes hold of an endpoint
refused A               show what a node refused
"""

from tests.fakes.switch import BORN_UNIX_MS, Switch, info, row
from weftline_core.gossip.codec import Codec, encode
from weftline_core.gossip.config import LOCAL
from weftline_core.gossip.messages import Claim, MemberState
from weftline_core.ids import EndpointId
from weftline_core.rows import EndpointState

_CODEC = Codec(LOCAL.cluster)


class Play:
    """One conversation, to be replayed by `tests.fakes.golden.check`."""

    def __init__(self) -> None:
        self.switch = Switch(seed=1)

    def do(self, line: str) -> list[str]:
        """Carry out one command line and return its answers."""
        command, _, rest = line.partition(" ")
        words = rest.split()
        act = getattr(self, f"_{command}", None)
        assert act is not None, f"no such command: {line}"
        answers: list[str] = act(words)
        return answers

    def _mesh(self, names: list[str]) -> list[str]:
        self.switch.mesh(names)
        return []

    def _run(self, words: list[str]) -> list[str]:
        self.switch.run(float(words[0]))
        seen, self.switch.seen = self.switch.seen, []
        return [
            f"{s.at_s:.1f} s: {s.by} says {s.change.info.id} {s.change.kind}"
            for s in sorted(seen, key=lambda s: (round(s.at_s, 1), s.change.info.id, s.by))
        ]

    def _publish(self, words: list[str]) -> list[str]:
        name, *rows = words
        pop = self.switch[name].me.id
        told = [text.partition("=") for text in rows]
        self.switch.publish(name, *(row(pop, e, EndpointState[s.upper()]) for e, _, s in told))
        return []

    def _stop(self, words: list[str]) -> list[str]:
        self.switch.stop(words[0])
        return []

    def _leave(self, words: list[str]) -> list[str]:
        self.switch.carry(words[0], self.switch[words[0]].leave(self.switch.now_s))
        return []

    def _pause(self, words: list[str]) -> list[str]:
        self.switch.ports[words[0]].paused = True
        return []

    def _resume(self, words: list[str]) -> list[str]:
        self.switch.ports[words[0]].paused = False
        return []

    def _restart(self, words: list[str]) -> list[str]:
        self.switch.restart(words[0], join=words[2])
        return []

    def _twin(self, words: list[str]) -> list[str]:
        name, _, via = words
        me = info(name, 200, BORN_UNIX_MS + int(self.switch.now_s * 1000))
        machine = self.switch.start(name, at=me, alias=f"{name}'")
        seeds = [self.switch[via].me.address]
        self.switch.carry(f"{name}'", machine.join(seeds, self.switch.now_s))
        return []

    def _split(self, words: list[str]) -> list[str]:
        at = words.index("|")
        self.switch.split(words[:at], words[at + 1 :])
        return []

    def _deafen(self, words: list[str]) -> list[str]:
        self.switch.cuts |= {(other, words[0]) for other in self.switch.ports}
        return []

    def _heal(self, _words: list[str]) -> list[str]:
        self.switch.heal()
        return []

    def _loss(self, words: list[str]) -> list[str]:
        self.switch.weather.loss = float(words[0])
        return []

    def _say(self, words: list[str]) -> list[str]:
        _, to, node, state, incarnation, _, accuser = words
        claim = Claim(node, int(incarnation), MemberState[state.upper()], accuser)
        self.switch.inject(to.rstrip(":"), _CODEC.pack([encode(claim)]))
        return []

    def _members(self, names: list[str]) -> list[str]:
        return [
            f"{name}: "
            + ", ".join(
                f"{v.info.id} {v.state.name.lower()}@{v.info.incarnation}"
                for v in self.switch[name].members()
            )
            for name in names
        ]

    def _table(self, words: list[str]) -> list[str]:
        endpoint, *names = words
        return [f"{name}: {self._rows(name, endpoint)}" for name in names]

    def _rows(self, name: str, endpoint: str) -> str:
        rows = self.switch[name].rows_of_endpoint(EndpointId(endpoint))
        told = [f"{r.pop} {r.state.name.lower()}" for r in sorted(rows, key=lambda r: r.pop)]
        return ", ".join(told) or "nothing"

    def _refused(self, words: list[str]) -> list[str]:
        refused = self.switch[words[0]].counters.refused
        return [", ".join(f"{reason} {n}" for reason, n in sorted(refused.items())) or "nothing"]

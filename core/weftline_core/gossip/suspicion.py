"""How long a suspect has to contradict: long when one accuses, short when several do.

Source: Lifeguard (arXiv 1707.00788), section IV-B.
"""

from dataclasses import dataclass, field
from math import log

from weftline_core.ids import NodeId


def wait_s(confirmations: int, wanted: int, least_s: float, most_s: float) -> float:
    """Return the whole time a suspect is given, from the first accusation on.

    It falls from `most_s` with none of the `wanted` confirmations to `least_s` with all of them;
    each one counts less than the one before.
    """
    if confirmations >= wanted:
        return least_s
    share = log(confirmations + 1) / log(wanted + 1)
    return most_s - share * (most_s - least_s)


@dataclass(slots=True)
class Suspicion:
    """The case against one node. The first accuser makes the case; further ones confirm it.

    Units: `began_s` is the instant of the first accusation, `least_s` and `most_s` are durations.
    """

    began_s: float
    least_s: float
    most_s: float
    accusers: set[NodeId] = field(default_factory=set[NodeId])

    def confirm(self, accuser: NodeId, wanted: int) -> bool:
        """Count `accuser`; return whether this is news that others should hear.

        wanted: confirmations that make the case certain; more change nothing.
        """
        if accuser in self.accusers or len(self.accusers) > wanted:
            return False
        self.accusers.add(accuser)
        return True

    def ends_s(self, wanted: int) -> float:
        """Return the instant at which the suspect is dead."""
        confirmations = max(0, len(self.accusers) - 1)
        return self.began_s + wait_s(confirmations, wanted, self.least_s, self.most_s)

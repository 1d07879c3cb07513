"""What every simulated provider has: a name, a way to answer, a way to refuse, a way to render."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

from weftline_bench.sims.ask import Ask, script_for
from weftline_bench.sims.exchange import Answer, Refused, Request, Trouble
from weftline_bench.sims.script import Script

# What the simulators take as a key, whatever its header.
KEY = "sim-key"


@dataclass(frozen=True, slots=True)
class Options:
    """How a script is rendered. task: which of the flavour's wire formats, "" for its first.

    usage: whether the client asked for usage in a stream. n: how many choices.
    """

    model: str = "sim-model"
    stream: bool = False
    usage: bool = True
    n: int = 1
    task: str = ""
    logprobs: bool = False


@dataclass(slots=True)
class Desk:
    """What one simulator remembers between requests.

    script: answers every request, whatever was asked. stored: answers kept under their id.
    given: opaque marks handed out, by what they stand with.
    """

    key: str = KEY
    script: Script | None = None
    answers: int = 0
    stored: dict[str, object] = field(default_factory=dict[str, object])
    given: dict[str, str] = field(default_factory=dict[str, str])

    def script_for(self, ask: Ask) -> Script:
        """Return the next answer."""
        self.answers += 1
        answer_id = f"{self.answers:04d}"
        if self.script is not None:
            return replace(self.script, id=answer_id)
        return script_for(ask, answer_id)


class Flavour(ABC):
    """One provider's wire format, errors included. Without state: that is the `Desk`'s.

    base_path: what stands between the host and the paths of its API in an SDK's base URL.
    """

    name: ClassVar[str]
    base_path: ClassVar[str] = "/v1"
    tasks: ClassVar[tuple[str, ...]] = ("chat",)

    @abstractmethod
    def answer(self, request: Request, desk: Desk) -> Answer:
        """Answer one request.

        Raises:
            Refused: it breaks the provider's contract, or has no right to ask.
        """

    @abstractmethod
    def refusal(self, refused: Refused, request: Request | None = None) -> Answer:
        """Return a refusal or failure in the provider's own status, headers and body.

        request: what was refused, for those who answer each endpoint in another shape.
        """

    @abstractmethod
    def render(self, script: Script, options: Options) -> Answer:
        """Return a script as the provider sends it."""

    @abstractmethod
    def error_frame(self, refused: Refused, task: str = "") -> bytes:
        """Return how a stream tells of a failure after status 200, and what ends it then."""

    def task_of(self, request: Request) -> str:
        """Return which of its wire formats a request is in; "" for the first."""
        del request
        return ""

    def keep_alive(self, *, stream: bool = True) -> bytes:
        """Return what the provider sends in silence; empty when it sends nothing.

        stream: False before a whole answer.
        """
        del stream
        return b""


def bearer(headers: Mapping[str, str]) -> str | None:
    """Return the bearer token of a request."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" and token else None


def check_key(given: str | None, key: str, missing: str, wrong: str) -> None:
    """Refuse a request without the right key. missing, wrong: what is said."""
    if given is None:
        raise Refused(Trouble.AUTH, missing)
    if given != key:
        raise Refused(Trouble.AUTH, wrong, code="invalid_api_key")

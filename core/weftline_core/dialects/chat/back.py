"""Chat completions as hosts speak them. Sources: the modules beside this one."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from weftline_core.chat.answer import Answer
from weftline_core.chat.conversation import Conversation
from weftline_core.desired import Task
from weftline_core.dialects.chat.answer_read import check_answer, read_answer
from weftline_core.dialects.chat.call_ids import own_call_ids
from weftline_core.dialects.chat.request_write import Manners, ask_stream, write_request
from weftline_core.dialects.chat.stream_read import ChatReader
from weftline_core.dialects.chat.tap import ChatTap
from weftline_core.dialects.chat.usage import UsageOf, standard
from weftline_core.dialects.dialect import Framing, StreamReader, Tap, Target
from weftline_core.dialects.losses import CHAT, Losses
from weftline_core.dialects.openai_errors import verdict
from weftline_core.usage import Usage
from weftline_core.verdict import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatCompletionsBack:
    """The dialect at one kind of host.

    usage_of: what the host means by its usage. manners: how it wants its requests. losses: what it
    cannot carry, where it is not the dialect's own.
    """

    name: str = "chat"
    task: Task = "chat"
    framing: Framing = "sse"
    usage_of: UsageOf = standard
    manners: Manners = field(default_factory=Manners)
    losses: Losses = field(default_factory=lambda: CHAT)

    def path(self, target: Target, *, stream: bool) -> str:  # noqa: ARG002
        """Return the path below a host's base URL."""
        return "/chat/completions"

    def own(self, body: dict[str, object], target: Target, *, stream: bool) -> None:
        """Make a client's own request ready to go: the model's name there, ids of calls that the
        host takes, usage switched on.
        """
        body["model"] = target.model
        own_call_ids(body, self.manners.call_id)
        if stream:
            ask_stream(body, self.manners)

    def write(self, conversation: Conversation, target: Target) -> dict[str, object]:
        """Return the request's body."""
        if self.losses is not CHAT:
            # What this host alone lacks is left out as what one model lacks is.
            lacks = frozenset[str](self.losses) | target.refuses
            target = msgspec.structs.replace(target, refuses=lacks)
        return write_request(conversation, target, self.manners)

    def check(self, data: bytes) -> Usage | None:
        """Return the usage in a whole answer that is passed on as it is.

        Raises:
            NotAnAnswer: it is neither an answer nor an error.
            AnswerIsError: it is an error.
        """
        return check_answer(data, self.usage_of)

    def read(self, data: bytes) -> Answer:
        """Return a whole answer.

        Raises:
            NotAnAnswer: it is neither an answer nor an error.
            AnswerIsError: it is an error.
        """
        return read_answer(data, self.usage_of)

    def reader(self) -> StreamReader:
        """Return the reader of one stream."""
        return ChatReader(self.usage_of)

    def tap(self, *, usage_wanted: bool) -> Tap:
        """Return the watcher of one stream that is passed on as it is."""
        return ChatTap(self.usage_of, usage_wanted=usage_wanted)

    def verdict(
        self, status: int, headers: Mapping[bytes, bytes], body: bytes, at_unix_s: float
    ) -> Verdict:
        """Return the meaning of an answer whose status is not 200."""
        return verdict(status, headers, body, at_unix_s)


BACK = ChatCompletionsBack()

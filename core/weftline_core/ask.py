"""One client request and what becomes of it at each endpoint that is asked.

Where the client's dialect is spoken at the endpoint, its words are passed on and the answer is only
watched. Elsewhere the request is read into no dialect, once, and written in the endpoint's; what
that cannot carry is dropped by name or refused, by the table of `weftline_core.dialects.losses`.
"""

from collections.abc import Callable
from typing import cast

import msgspec
import orjson

from weftline_core.chat.conversation import Conversation
from weftline_core.chat.features import Feature
from weftline_core.dialects.dialect import (
    Back,
    ChatBack,
    ChatFront,
    ClientRequest,
    Echo,
    EmbeddingBack,
    EmbeddingFront,
    Front,
    NotAnAnswer,
    Plain,
    Tap,
    Target,
)
from weftline_core.dialects.losses import Loss
from weftline_core.dialects.replay import Replay
from weftline_core.dialects.shape import PATH_CHARS_MAX
from weftline_core.dialects.translate import Translation
from weftline_core.embeddings import EmbeddingRequest
from weftline_core.errors import CallerError, TooLarge
from weftline_core.hosts import Provider
from weftline_core.usage import Usage

# Messages, their parts and tools of a request that is translated. Each takes some 5 us, in which
# nobody else is served; the longest talks of agents have a few thousand.
ITEMS_MAX = 32_768


class Unfit(CallerError):
    """The endpoint asked cannot carry what the request needs; another one may."""

    code = "unsupported_parameter"


class Put(msgspec.Struct, frozen=True):
    """A request as one endpoint gets it. dropped: the client's fields that are not in it."""

    body: bytes
    dropped: tuple[str, ...]


class Ask:
    """One request in its client's dialect.

    purpose: what is asked for; it decides the path at an endpoint. lines: headers of the client's
    that go on to hosts of its own dialect, each with its line end.
    """

    __slots__ = ("_read", "front", "lines", "purpose", "request")

    def __init__(self, front: Front, request: ClientRequest, lines: bytes = b"") -> None:
        self.front = front
        self.request = request
        self.lines = lines
        self.purpose = "stream" if request.stream else "whole"
        self._read: Conversation | EmbeddingRequest | None = None

    def path(self, provider: Provider, back: Back, target: Target) -> str:
        """Return the path below a host's base URL."""
        return provider.path(back, target, stream=self.request.stream)

    def forget(self) -> None:
        """Let go of what was asked: a prompt may be large, and its answer take minutes."""
        self.request.body.clear()

    def read(self) -> Conversation | EmbeddingRequest:
        """Return the request in no dialect.

        Raises:
            CallerError: it breaks its own dialect, or is made of too many pieces.
        """
        if self._read is None:
            if self.request.task == "chat":
                _check_items(self.request.body)
                self._read = cast("ChatFront", self.front).conversation(self.request)
            else:
                front = cast("EmbeddingFront", self.front)
                found = front.embedding_request(self.request)
                _check_texts(len(found.texts) + len(found.tokens))
                self._read = found
        return self._read

    def native(self, back: Back) -> bool:
        """Return whether the client's own words can be passed on to `back`."""
        return back.name == self.front.name

    def put(self, provider: Provider, back: Back, target: Target) -> Put:
        """Return the request as `provider` understands it.

        Raises:
            Unfit: a feature is refused by this back.
            CallerError: the request breaks its own dialect, or cannot be put at all.
        """
        if self.native(back):
            body = dict(self.request.body)
            back.own(body, target, stream=self.request.stream)
            return self._finished(provider, back, target, body, [])
        lost = self._lost(back, target)
        asked = self.read()
        if isinstance(asked, Conversation):
            body = cast("ChatBack", back).write(asked, target)
        else:
            body = cast("EmbeddingBack", back).write(asked, target)
        return self._finished(provider, back, target, body, lost)

    def unfit(self, back: Back) -> Unfit | None:
        """Return what is wrong if `back` cannot carry all that must not be lost.

        Raises:
            CallerError: the request breaks its own dialect.
        """
        if self.native(back):
            return None
        losses = back.losses
        for feature, path in self.read().paths.items():
            if losses.get(feature) is Loss.REFUSE:
                return Unfit(
                    f"'{path}' cannot be carried to any endpoint of this model that could be "
                    "asked: leave it out, or name another model",
                    param=path,
                )
        return None

    def judge(
        self, back: Back, data: bytes, echo: Callable[[], Echo]
    ) -> tuple[bytes, Usage | None]:
        """Return a whole answer in the client's dialect, and the usage it reports. echo: what a
        translated one repeats of its request.

        Raises:
            NotAnAnswer: it is neither an answer nor an error.
            AnswerIsError: it is an error, for all its status says.
        """
        if self.native(back):
            usage = back.check(data)
            return back.plain(data) if isinstance(back, Plain) else data, usage
        try:
            return self._translated(back, data, echo)
        except orjson.JSONEncodeError:
            # The reader takes four times as many levels as the writer.
            raise NotAnAnswer("its answer is nested too deeply") from None

    def tap(self, back: Back, echo: Callable[[], Echo]) -> Tap:
        """Return what watches or translates the answer's stream."""
        chat = cast("ChatBack", back)
        if self.native(back):
            return chat.tap(usage_wanted=usage_wanted(self.request.body))
        said = msgspec.structs.replace(echo(), asked=self.read())
        return Translation(chat.reader(), cast("ChatFront", self.front).writer(said))

    def replay(self, back: Back, echo: Callable[[], Echo]) -> Replay:
        """Return what tells a whole answer as the stream that the client asked for.

        Raises:
            CallerError: the request breaks its own dialect, which only its host has read so far.
        """
        said = msgspec.structs.replace(echo(), asked=self.read())
        return Replay(cast("ChatBack", back), cast("ChatFront", self.front).writer(said))

    def _translated(
        self, back: Back, data: bytes, echo: Callable[[], Echo]
    ) -> tuple[bytes, Usage | None]:
        asked = self.read()
        said = msgspec.structs.replace(echo(), asked=asked)
        if isinstance(asked, EmbeddingRequest):
            vectors = cast("EmbeddingBack", back).read(data, asked)
            return cast("EmbeddingFront", self.front).answer(vectors, said), vectors.usage
        answer = cast("ChatBack", back).read(data)
        return cast("ChatFront", self.front).answer(answer, said), answer.usage

    def _lost(self, back: Back, target: Target) -> list[str]:
        """Return the paths that are dropped on the way to this back."""
        if unfit := self.unfit(back):
            raise unfit
        asked, losses, dropped = self.read(), back.losses, list[str]()
        for feature, path in asked.paths.items():
            if feature in losses or feature in target.refuses:
                dropped += asked.unknown if feature is Feature.UNKNOWN else (path,)
        return dropped

    def _finished(
        self,
        provider: Provider,
        back: Back,
        target: Target,
        body: dict[str, object],
        lost: list[str],
    ) -> Put:
        gone = provider.adapt(back, body, target)
        if gone and self.native(back):
            # What the back has put in by itself is no loss to anybody.
            own = self.request.body
            gone = tuple(name for name in gone if name.partition("[")[0] in own)
        try:
            data = orjson.dumps(body)
        except orjson.JSONEncodeError as e:
            # A lone surrogate passes every parser and no writer.
            raise CallerError(f"the body cannot be written as UTF-8 JSON: {e}") from None
        return Put(data, (*lost, *gone))


def _check_items(body: dict[str, object]) -> None:
    """Refuse a request that would hold everybody else up."""
    for name, value in body.items():
        if type(value) is list and _items(cast("list[object]", value)) > ITEMS_MAX:
            raise TooLarge(
                f"the messages, their parts and tools are over ITEMS_MAX ({ITEMS_MAX}): this model "
                "is asked in another dialect than yours, so send fewer",
                param=name[:PATH_CHARS_MAX],
            )


def _items(outer: list[object]) -> int:
    """Return how many objects are in a list, and in the lists that these hold."""
    if not outer or type(outer[0]) is not dict:
        return 0
    count = len(outer)
    for item in outer:
        if type(item) is dict:
            for value in cast("dict[str, object]", item).values():
                inner = cast("list[object]", value) if type(value) is list else None
                if inner and type(inner[0]) is dict:
                    count += len(inner)
    return count


def _check_texts(count: int) -> None:
    """Refuse what would hold everybody else up, and be many times larger in another dialect."""
    if count > ITEMS_MAX:
        raise TooLarge(
            f"over ITEMS_MAX ({ITEMS_MAX}) texts: this model is asked in another dialect than "
            "yours, so send fewer at once"
        )


def usage_wanted(body: dict[str, object]) -> bool:
    """Return whether the client of a chat completion asked for usage at the stream's end."""
    options = body.get("stream_options")
    return isinstance(options, dict) and bool(
        cast("dict[str, object]", options).get("include_usage")
    )

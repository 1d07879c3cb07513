"""`/ai/run`: one model, by any name, with an input of its own form; the answer in an envelope."""

from collections.abc import Callable
from typing import Final, cast

import msgspec

from weftline_core.ask import Ask
from weftline_core.cloudflare.fronts import RUN_CHAT, RUN_EMBEDDINGS, RUN_RESPONSES
from weftline_core.cloudflare.names import hosted
from weftline_core.cloudflare.native import embeds
from weftline_core.dialects.dialect import Back, ClientRequest, Echo, Front, PathArgs
from weftline_core.dialects.workers_ai.answer_write import enveloped
from weftline_core.dialects.workers_ai.front import FRONT as WORKERS_AI
from weftline_core.dialects.workers_ai_embed.front import FRONT as WORKERS_AI_EMBED
from weftline_core.errors import CallerError
from weftline_core.limits import QUOTED_CHARS_MAX
from weftline_core.usage import Usage

_FIELDS: Final = frozenset(("model", "input", "options"))


class RunAsk(Ask):
    """A request whose whole answer is put into Cloudflare's envelope."""

    __slots__ = ()

    def judge(
        self, back: Back, data: bytes, echo: Callable[[], Echo]
    ) -> tuple[bytes, Usage | None]:
        """Return a whole answer in the client's dialect, in the envelope, and its usage."""
        out, usage = super().judge(back, data, echo)
        return enveloped(out), usage


def asks_of(body: dict[str, object], model: str, lines: bytes) -> tuple[Ask, ...]:
    """Return what an input asks of a model: more than one where only the model's task can tell.

    lines: headers that go on to Cloudflare's hosts.

    Raises:
        CallerError: the input is none of the model's.
    """
    if hosted(model):
        front: Front = WORKERS_AI_EMBED if embeds(body) else WORKERS_AI
        return (Ask(front, front.request(body, PathArgs(model=model)), lines),)
    body["model"] = model
    return tuple(RunAsk(front, _apart(front.request(body, PathArgs()))) for front in _fronts(body))


def input_of(body: dict[str, object]) -> tuple[str, dict[str, object]]:
    """Return the model and the input of a request to `/ai/run` itself.

    Raises:
        CallerError: one of them is missing, or there is something else.
    """
    model, given = body.get("model"), body.get("input")
    if not isinstance(model, str) or not model:
        raise CallerError("'model' must be a non-empty string", param="model")
    if not isinstance(given, dict):
        raise CallerError("'input' must be an object: what the model takes", param="input")
    strange = next((name for name in body if name not in _FIELDS), None)
    if strange is not None:
        quoted = strange[:QUOTED_CHARS_MAX]
        raise CallerError(
            f"'{quoted}' is not known beside 'model' and 'input': does it belong into 'input'?",
            param=quoted,
        )
    return model, cast("dict[str, object]", given)


def _fronts(body: dict[str, object]) -> tuple[Front, ...]:
    """Return the dialects that an input for a model from elsewhere may be in."""
    given = body.get("input")
    if given is None or "messages" in body:
        return (RUN_CHAT,)
    items = cast("list[object]", given) if isinstance(given, list) else []
    if body.get("stream") or any(isinstance(item, dict) for item in items):
        return (RUN_RESPONSES,)
    return (RUN_EMBEDDINGS, RUN_RESPONSES)


def _apart(request: ClientRequest) -> ClientRequest:
    """Return the same under another name: its answers are not those of the plain dialect."""
    return msgspec.structs.replace(request, dialect=f"run_{request.dialect}")

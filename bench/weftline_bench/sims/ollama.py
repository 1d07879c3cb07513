"""Ollama's OpenAI face: the role in the first words, and errors that are swallowed in a stream."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from weftline_bench.sims.chat import OPENAI_TROUBLES, ChatFlavour, Step
from weftline_bench.sims.chat_request import ImagePart, ImageUrl, Message
from weftline_bench.sims.exchange import Refused, Request, Trouble, bad, data
from weftline_bench.sims.flavour import Desk, Options
from weftline_bench.sims.script import CREATED_UNIX_S, Json, Script


class Ollama(ChatFlavour):
    """An Ollama server; it asks for no key."""

    name = "ollama"
    role_alone = False
    calls_whole = True
    reasoning_field = "reasoning"
    troubles: ClassVar[Mapping[Trouble, tuple[int, str, str | None]]] = {
        trouble: (status, "api_error", None) for trouble, (status, _, _) in OPENAI_TROUBLES.items()
    } | {
        Trouble.BAD_REQUEST: (400, "invalid_request_error", None),
        Trouble.NOT_FOUND: (404, "not_found_error", None),
        Trouble.RATE_LIMITED: (503, "api_error", None),
    }

    def check_key(self, request: Request, desk: Desk) -> None:
        """Take every request."""

    def check_message(self, message: Message, path: str) -> None:
        """Refuse images that are not sent along."""
        for part in message.content if isinstance(message.content, list) else ():
            image = part.image_url if isinstance(part, ImagePart) else None
            url = image.url if isinstance(image, ImageUrl) else image or "data:"
            if not url.startswith("data:"):
                raise bad("invalid image input", path)

    def usage(self, script: Script) -> Json:
        """Return three counters."""
        counts = script.counts
        return {
            "prompt_tokens": counts.prompt,
            "completion_tokens": counts.completion,
            "total_tokens": counts.total,
        }

    def steps(self, script: Script) -> Iterator[Step]:
        """Return the deltas, each with the role."""
        for delta, finish in super().steps(script):
            yield {"role": "assistant", "content": "", **delta} if delta else delta, finish

    def chunk(self, script: Script, options: Options, index: int, step: Step) -> Json:
        """Return one chunk without log probabilities."""
        chunk = super().chunk(script, options, index, step)
        delta, finish = step
        choice: Json = {"index": index, "delta": delta, "finish_reason": finish}
        return {**chunk, "system_fingerprint": "fp_ollama", "choices": [choice]}

    def error_frame(self, refused: Refused, task: str = "") -> bytes:
        """Return what becomes of an error: an empty chunk, and nothing that ends the stream."""
        del refused, task
        delta = {"role": "assistant", "content": ""}
        choice = {"index": 0, "delta": delta, "finish_reason": None}
        head = {"id": "chatcmpl-0", "object": "chat.completion.chunk", "created": CREATED_UNIX_S}
        return data({**head, "model": "", "choices": [choice]})

"""Usage, from Google's counts and back."""

from collections.abc import Iterable

from weftline_core.dialects.generate.shapes import ModalityCount, UsageMetadata
from weftline_core.usage import Usage


def usage_of(counts: UsageMetadata, searches: int = 0) -> Usage:
    """Return the usage that counts say: thoughts are added to the answer, what Google's own tools
    read to the prompt.
    """
    prompt = _count(counts.prompt_token_count) + _count(counts.tool_use_prompt_token_count)
    thoughts = _count(counts.thoughts_token_count)
    audio_in, image_in = _of_modes(counts.prompt_tokens_details)
    audio_out, image_out = _of_modes(counts.candidates_tokens_details)
    return Usage(
        prompt_tokens=prompt,
        completion_tokens=_count(counts.candidates_token_count) + thoughts,
        cache_read_tokens=min(prompt, _count(counts.cached_content_token_count)),
        audio_prompt_tokens=audio_in,
        image_prompt_tokens=image_in,
        cache_read_audio_tokens=_of_modes(counts.cache_tokens_details)[0],
        reasoning_tokens=thoughts,
        audio_completion_tokens=audio_out,
        image_completion_tokens=image_out,
        searches=searches,
    )


def metadata_of(usage: Usage) -> dict[str, object]:
    """Return usage as Google's clients read it."""
    counts: dict[str, object] = {
        "promptTokenCount": usage.prompt_tokens,
        "candidatesTokenCount": max(0, usage.completion_tokens - usage.reasoning_tokens),
        "totalTokenCount": usage.prompt_tokens + usage.completion_tokens,
    }
    if usage.reasoning_tokens:
        counts["thoughtsTokenCount"] = usage.reasoning_tokens
    if usage.cache_read_tokens:
        counts["cachedContentTokenCount"] = usage.cache_read_tokens
    _add_modes(counts, "promptTokensDetails", usage.audio_prompt_tokens, usage.image_prompt_tokens)
    _add_modes(
        counts,
        "candidatesTokensDetails",
        usage.audio_completion_tokens,
        usage.image_completion_tokens,
    )
    _add_modes(counts, "cacheTokensDetails", usage.cache_read_audio_tokens, 0)
    return counts


def _count(value: int | None) -> int:
    return max(0, value or 0)


def _of_modes(counts: Iterable[ModalityCount] | None) -> tuple[int, int]:
    """Return the tokens of sounds and of pictures."""
    audio = image = 0
    for count in counts or ():
        if count.modality == "AUDIO":
            audio += max(0, count.token_count)
        elif count.modality == "IMAGE":
            image += max(0, count.token_count)
    return audio, image


def _add_modes(counts: dict[str, object], name: str, audio: int, image: int) -> None:
    found = [
        {"modality": mode, "tokenCount": count}
        for mode, count in (("AUDIO", audio), ("IMAGE", image))
        if count
    ]
    if found:
        counts[name] = found

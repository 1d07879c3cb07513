"""Google's arithmetic of tokens, and back."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from weftline_core.dialects.generate.shapes import UsageMetadata
from weftline_core.dialects.generate.usage import metadata_of, usage_of
from weftline_core.usage import Usage


def test_thoughts_and_tools_are_added() -> None:
    counts = {
        "promptTokenCount": 100,
        "toolUsePromptTokenCount": 20,
        "candidatesTokenCount": 23,
        "thoughtsTokenCount": 185,
        "cachedContentTokenCount": 60,
        "promptTokensDetails": [
            {"modality": "AUDIO", "tokenCount": 7},
            {"modality": "IMAGE", "tokenCount": 8},
            {"modality": "TEXT", "tokenCount": 85},
        ],
        "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 20}],
        "cacheTokensDetails": [{"modality": "AUDIO", "tokenCount": 3}],
    }
    assert usage_of(msgspec.convert(counts, UsageMetadata), 2) == Usage(
        120,
        208,
        cache_read_tokens=60,
        audio_prompt_tokens=7,
        image_prompt_tokens=8,
        cache_read_audio_tokens=3,
        reasoning_tokens=185,
        image_completion_tokens=20,
        searches=2,
    )


def test_counts_are_never_negative() -> None:
    counts = UsageMetadata(prompt_token_count=-5, candidates_token_count=-1)
    assert usage_of(counts) == Usage(0, 0)


N = st.integers(0, 10_000)


@given(fresh=N, cached=N, text=N, thoughts=N, audio=N, image=N)
def test_usage_survives_the_way_there_and_back(
    fresh: int, cached: int, text: int, thoughts: int, audio: int, image: int
) -> None:
    usage = Usage(
        fresh + cached,
        text + thoughts,
        cache_read_tokens=cached,
        reasoning_tokens=thoughts,
        audio_prompt_tokens=audio,
        image_completion_tokens=image,
    )
    assert usage_of(msgspec.convert(metadata_of(usage), UsageMetadata)) == usage

"""What calls cost at those with wire formats of their own, worked out by hand."""

from tests.e2e.priced import EMBEDDING_CLIENTS, Priced
from weftline_bench.sims.script import Counts
from weftline_core.usage import Usage

_ANTHROPIC = [
    Priced(
        name="read, and written for five minutes and for an hour, at Anthropic",
        provider="anthropic",
        model="anthropic/claude-sonnet-5-5",
        says=Counts(
            prompt=10_000,
            cached=5_000,
            cache_write=2_000,
            cache_write_1h=1_000,
            completion=1_000,
            reasoning=600,
        ),
        usage=Usage(
            10_000,
            1_000,
            cache_read_tokens=5_000,
            cache_write_tokens=2_000,
            cache_write_1h_tokens=1_000,
            reasoning_tokens=600,
        ),
        nanodollars=2_000 * 2_000 + 5_000 * 100 + 2_000 * 2_500 + 1_000 * 4_000 + 1_000 * 10_000,
    ),
    Priced(
        name="searches at Anthropic",
        provider="anthropic",
        model="anthropic/claude-haiku-4-5",
        says=Counts(prompt=500, cached=0, cache_write=0, completion=40, searches=3),
        usage=Usage(500, 40, searches=3),
        nanodollars=500 * 1_000 + 40 * 5_000 + 3 * 10_000_000,
    ),
    Priced(
        name="twice as much for speed at Anthropic",
        provider="anthropic",
        model="anthropic/claude-opus-5-5",
        tier="fast",
        says=Counts(prompt=1_000, cached=300, cache_write=200, cache_write_1h=100, completion=50),
        usage=Usage(
            1_000,
            50,
            cache_read_tokens=300,
            cache_write_tokens=200,
            cache_write_1h_tokens=100,
            service_tier="fast",
        ),
        nanodollars=400 * 8_000 + 300 * 400 + 200 * 10_000 + 100 * 16_000 + 50 * 40_000,
    ),
    Priced(
        name="what is cached counts for the threshold too",
        provider="anthropic",
        model="anthropic/claude-haiku-5-5",
        says=Counts(prompt=100_001, cached=90_000, cache_write_1h=1, cache_write=0, completion=10),
        usage=Usage(100_001, 10, cache_read_tokens=90_000, cache_write_1h_tokens=1),
        nanodollars=10_000 * 500 + 90_000 * 50 + 1 * 1_000 + 10 * 2_500,
    ),
    Priced(
        name="the last day of a dearer long prompt",
        provider="anthropic",
        model="anthropic/claude-sonnet-4-6",
        at="2026-03-12T12:00:00",
        says=Counts(prompt=200_001, cached=1, cache_write=50_000, completion=100),
        usage=Usage(200_001, 100, cache_read_tokens=1, cache_write_tokens=50_000),
        nanodollars=150_000 * 6_000 + 1 * 600 + 50_000 * 7_500 + 100 * 22_500,
    ),
    Priced(
        name="the first day of one price for all",
        provider="anthropic",
        model="anthropic/claude-sonnet-4-6",
        at="2026-03-13T12:00:00",
        says=Counts(prompt=200_001, cached=1, cache_write=50_000, completion=100),
        usage=Usage(200_001, 100, cache_read_tokens=1, cache_write_tokens=50_000),
        nanodollars=150_000 * 3_000 + 1 * 300 + 50_000 * 3_750 + 100 * 15_000,
    ),
]

_GOOGLE = [
    Priced(
        name="every kind of token at Gemini",
        provider="google",
        model="google/gemini-2.5-flash",
        says=Counts(
            prompt=10_000,
            cached=3_000,
            cache_write=0,
            cached_audio=1_000,
            image=1_000,
            audio=4_000,
            tools=500,
            completion=700,
            reasoning=500,
        ),
        usage=Usage(
            10_000,
            700,
            cache_read_tokens=3_000,
            audio_prompt_tokens=4_000,
            image_prompt_tokens=1_000,
            cache_read_audio_tokens=1_000,
            reasoning_tokens=500,
        ),
        # Of 7_000 fresh tokens 3_000 were heard; images are read at the price of text.
        nanodollars=4_000 * 300 + 3_000 * 1_000 + 2_000 * 30 + 1_000 * 100 + 700 * 2_500,
    ),
    Priced(
        name="searches at Gemini",
        provider="google",
        model="google/gemini-2.5-flash-lite",
        says=Counts(prompt=100, cached=0, cache_write=0, completion=20, searches=2),
        usage=Usage(100, 20, searches=2),
        nanodollars=100 * 100 + 20 * 400 + 2 * 35_000_000,
    ),
    Priced(
        name="a long prompt at Gemini",
        provider="google",
        model="google/gemini-3.1-pro-preview",
        says=Counts(prompt=250_000, cached=50_000, cache_write=0, completion=80, reasoning=70),
        usage=Usage(250_000, 80, cache_read_tokens=50_000, reasoning_tokens=70),
        nanodollars=200_000 * 4_000 + 50_000 * 400 + 80 * 18_000,
    ),
    Priced(
        name="what tools read makes a prompt long",
        provider="google",
        model="google/gemini-3.1-pro-preview",
        says=Counts(prompt=200_001, cached=0, cache_write=0, tools=2, completion=1),
        usage=Usage(200_001, 1),
        nanodollars=200_001 * 4_000 + 1 * 18_000,
    ),
    Priced(
        name="the last day before a price rises",
        provider="google",
        model="google/gemini-4-argon",
        at="2026-11-30T23:59:00",
        says=Counts(prompt=1_000, cached=400, cache_write=0, completion=30),
        usage=Usage(1_000, 30, cache_read_tokens=400),
        nanodollars=600 * 2_000 + 400 * 100 + 30 * 10_000,
    ),
    Priced(
        name="the day on which it rises",
        provider="google",
        model="google/gemini-4-argon",
        at="2026-12-01T00:00:00",
        says=Counts(prompt=1_000, cached=400, cache_write=0, completion=30),
        usage=Usage(1_000, 30, cache_read_tokens=400),
        nanodollars=600 * 4_000 + 400 * 200 + 30 * 20_000,
    ),
    Priced(
        name="pictures drawn at the price of words",
        provider="google",
        model="google/gemini-3.8-flash",
        says=Counts(prompt=10, cached=0, cache_write=0, completion=1_300, image_out=1_290),
        usage=Usage(10, 1_300, image_completion_tokens=1_290),
        nanodollars=10 * 750 + 1_300 * 3_750,
    ),
]

_MORE = [
    Priced(
        name="cached beside the input at Bedrock",
        provider="bedrock",
        model="amazon/nova-pro-v1",
        options={"region": "us-east-1"},
        says=Counts(prompt=5_000, cached=3_000, cache_write=500, completion=200),
        usage=Usage(5_000, 200, cache_read_tokens=3_000, cache_write_tokens=500),
        # Nova's writes to its cache have no price of their own.
        nanodollars=2_000 * 800 + 3_000 * 200 + 200 * 3_200,
    ),
    Priced(
        name="Claude in Europe at Bedrock",
        provider="bedrock",
        model="anthropic/claude-sonnet-5-5",
        there="eu.anthropic.claude-sonnet-5-5",
        options={"region": "eu-central-1"},
        says=Counts(
            prompt=5_000, cached=3_000, cache_write=500, cache_write_1h=250, completion=200
        ),
        usage=Usage(
            5_000,
            200,
            cache_read_tokens=3_000,
            cache_write_tokens=500,
            cache_write_1h_tokens=250,
        ),
        nanodollars=1_250 * 2_200 + 3_000 * 110 + 500 * 2_750 + 250 * 4_400 + 200 * 11_000,
        clients=("chat", "responses", "generate"),
    ),
    Priced(
        name="what Cohere bills, not what it counts",
        provider="cohere",
        model="cohere/command-a-03-2025",
        says=Counts(prompt=2_406, cached=2_928, cache_write=0, completion=2),
        usage=Usage(2_406, 2),
        nanodollars=2_406 * 2_500 + 2 * 10_000,
    ),
    Priced(
        name="cached tokens without a price of their own at Workers AI",
        provider="workersai",
        model="openai/gpt-oss-120b",
        says=Counts(prompt=1_000, cached=600, completion=50),
        usage=Usage(1_000, 50, cache_read_tokens=600),
        nanodollars=1_000 * 350 + 50 * 750,
    ),
    Priced(
        name="cached tokens with one",
        provider="workersai",
        model="zai/glm-5.3",
        says=Counts(prompt=1_000, cached=600, completion=50),
        usage=Usage(1_000, 50, cache_read_tokens=600),
        nanodollars=400 * 1_400 + 600 * 260 + 50 * 4_400,
    ),
]

# The text of every one of these calls has six tokens, and the simulator's picture has 85.
EMBEDDINGS = [
    Priced(
        name="embedded at OpenAI",
        provider="openai",
        model="openai/text-embedding-3-large",
        usage=Usage(6, 0),
        nanodollars=6 * 130,
        clients=EMBEDDING_CLIENTS,
    ),
    Priced(
        name="embedded at Gemini",
        provider="google",
        model="google/gemini-embedding-2",
        usage=Usage(6, 0),
        nanodollars=6 * 200,
        clients=EMBEDDING_CLIENTS,
    ),
    Priced(
        name="a picture embedded at Gemini, dearer than words",
        provider="google",
        model="google/gemini-embedding-2",
        usage=Usage(91, 0, image_prompt_tokens=85),
        nanodollars=6 * 200 + 85 * 450,
        # Only a batch that is passed on as it is takes a picture along.
        clients=("embed_picture",),
    ),
    Priced(
        name="embedded at Cohere",
        provider="cohere",
        model="cohere/embed-v5.0-pro",
        usage=Usage(6, 0),
        nanodollars=6 * 120,
        clients=EMBEDDING_CLIENTS,
    ),
    Priced(
        name="embedded at Mistral",
        provider="mistral",
        model="mistral/mistral-embed",
        usage=Usage(6, 0),
        nanodollars=6 * 100,
        clients=EMBEDDING_CLIENTS,
    ),
]

CASES = [*_ANTHROPIC, *_GOOGLE, *_MORE]

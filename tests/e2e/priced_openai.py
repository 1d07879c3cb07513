"""What calls cost at OpenAI and at those who speak its chat completions, worked out by hand."""

from tests.e2e.priced import Priced
from weftline_bench.sims.script import Counts
from weftline_core.usage import Usage

_OPENAI = [
    Priced(
        name="cached, image and reasoning tokens at OpenAI",
        provider="openai",
        model="openai/gpt-5.4-mini",
        says=Counts(
            prompt=1_000, cached=400, cache_write=0, image=100, completion=300, reasoning=200
        ),
        usage=Usage(
            1_000, 300, cache_read_tokens=400, image_prompt_tokens=100, reasoning_tokens=200
        ),
        # Images are read at the price of text.
        nanodollars=600 * 750 + 400 * 75 + 300 * 4_500,
        # Responses does not say which of its tokens were images.
        clients=("chat", "messages", "generate"),
    ),
    Priced(
        name="written to the cache at OpenAI",
        provider="openai",
        model="openai/gpt-6.1-sol",
        says=Counts(prompt=10_000, cached=6_000, cache_write=1_000, completion=500, reasoning=300),
        usage=Usage(
            10_000, 500, cache_read_tokens=6_000, cache_write_tokens=1_000, reasoning_tokens=300
        ),
        nanodollars=3_000 * 2_000 + 6_000 * 100 + 1_000 * 2_500 + 500 * 10_000,
    ),
    Priced(
        name="a prompt at the threshold",
        provider="openai",
        model="openai/gpt-6.1-sol",
        says=Counts(prompt=272_000, cached=72_000, cache_write=0, completion=1_000),
        usage=Usage(272_000, 1_000, cache_read_tokens=72_000),
        nanodollars=200_000 * 2_000 + 72_000 * 100 + 1_000 * 10_000,
    ),
    Priced(
        name="a prompt above the threshold",
        provider="openai",
        model="openai/gpt-6.1-sol",
        says=Counts(prompt=300_000, cached=200_000, cache_write=50_000, completion=1_000),
        usage=Usage(300_000, 1_000, cache_read_tokens=200_000, cache_write_tokens=50_000),
        nanodollars=50_000 * 4_000 + 200_000 * 200 + 50_000 * 5_000 + 1_000 * 15_000,
    ),
    Priced(
        name="heard and spoken",
        provider="openai",
        model="openai/gpt-audio-1.5",
        says=Counts(
            prompt=1_000, cached=0, cache_write=0, audio=900, completion=300, audio_out=250
        ),
        usage=Usage(1_000, 300, audio_prompt_tokens=900, audio_completion_tokens=250),
        nanodollars=100 * 2_500 + 900 * 32_000 + 50 * 10_000 + 250 * 64_000,
        clients=("chat", "messages", "generate"),
    ),
    Priced(
        name="ten percent more in a region",
        provider="openai",
        model="openai/gpt-6-luna",
        options={"region": "eu"},
        says=Counts(prompt=1_000, cached=500, cache_write=0, completion=100),
        usage=Usage(1_000, 100, cache_read_tokens=500),
        nanodollars=500 * 110 + 500 * 11 + 100 * 550,
    ),
    Priced(
        name="no more in a region for an older model",
        provider="openai",
        model="openai/gpt-4.1",
        options={"region": "eu"},
        says=Counts(prompt=1_000, cached=500, cache_write=0, completion=100),
        usage=Usage(1_000, 100, cache_read_tokens=500),
        nanodollars=500 * 2_000 + 500 * 500 + 100 * 8_000,
    ),
    Priced(
        name="the day before a price fell",
        provider="openai",
        model="openai/gpt-5.6-luna",
        at="2026-07-29T23:59:00",
        says=Counts(prompt=1_000, cached=600, cache_write=100, completion=10),
        usage=Usage(1_000, 10, cache_read_tokens=600, cache_write_tokens=100),
        nanodollars=300 * 1_000 + 600 * 100 + 100 * 1_250 + 10 * 6_000,
    ),
    Priced(
        name="the day on which it fell",
        provider="openai",
        model="openai/gpt-5.6-luna",
        at="2026-07-30T00:00:00",
        says=Counts(prompt=1_000, cached=600, cache_write=100, completion=10),
        usage=Usage(1_000, 10, cache_read_tokens=600, cache_write_tokens=100),
        nanodollars=300 * 200 + 600 * 20 + 100 * 250 + 10 * 1_200,
    ),
    Priced(
        name="searches in Responses",
        provider="openai",
        model="openai/gpt-5.5",
        says=Counts(
            prompt=2_000, cached=1_500, cache_write=0, completion=800, reasoning=640, searches=2
        ),
        usage=Usage(2_000, 800, cache_read_tokens=1_500, reasoning_tokens=640, searches=2),
        nanodollars=500 * 5_000 + 1_500 * 500 + 800 * 30_000 + 2 * 10_000_000,
        clients=("responses",),
    ),
    Priced(
        name="half for those who can wait",
        provider="openai",
        model="openai/gpt-6.1-sol",
        tier="flex",
        options={"region": "us"},
        says=Counts(prompt=10_000, cached=6_000, cache_write=1_000, completion=500),
        usage=Usage(
            10_000, 500, cache_read_tokens=6_000, cache_write_tokens=1_000, service_tier="flex"
        ),
        # Half of ten percent more.
        nanodollars=3_000 * 1_100 + 6_000 * 55 + 1_000 * 1_375 + 500 * 5_500,
    ),
    Priced(
        name="rates of its own for those who can't",
        provider="openai",
        model="openai/gpt-5.5",
        tier="priority",
        says=Counts(prompt=1_000, cached=600, cache_write=0, completion=50, reasoning=20),
        usage=Usage(1_000, 50, cache_read_tokens=600, reasoning_tokens=20, service_tier="priority"),
        nanodollars=400 * 12_500 + 600 * 1_250 + 50 * 75_000,
    ),
    Priced(
        name="a deployment at Azure",
        provider="azure",
        model="openai/gpt-5.5",
        there="our-deployment",
        says=Counts(prompt=300_000, cached=100_000, cache_write=0, completion=20, reasoning=10),
        usage=Usage(300_000, 20, cache_read_tokens=100_000, reasoning_tokens=10),
        nanodollars=200_000 * 10_000 + 100_000 * 1_000 + 20 * 45_000,
    ),
]

_ALIKE = [
    Priced(
        name="three counters of an older price list at Mistral",
        provider="mistral",
        model="mistral/mistral-large-4",
        at="2026-10-28T12:00:00",
        says=Counts(prompt=268, cached=224, cache_write=0, completion=7, reasoning=5),
        # It does not tell what was reasoning.
        usage=Usage(268, 7, cache_read_tokens=224),
        nanodollars=44 * 1_360 + 224 * 140 + 7 * 4_180,
    ),
    Priced(
        name="and of the present one",
        provider="mistral",
        model="mistral/mistral-large-4",
        says=Counts(prompt=268, cached=224, cache_write=0, completion=7),
        usage=Usage(268, 7, cache_read_tokens=224),
        nanodollars=44 * 700 + 224 * 70 + 7 * 2_100,
    ),
    Priced(
        name="hits and misses at DeepSeek, at night",
        provider="deepseek",
        model="deepseek/deepseek-v4-pro",
        says=Counts(prompt=1_000, cached=768, cache_write=0, completion=100, reasoning=60),
        usage=Usage(1_000, 100, cache_read_tokens=768, reasoning_tokens=60),
        nanodollars=232 * 660 + 768 * 22 + 100 * 1_980,
    ),
    Priced(
        name="twice as much in the morning",
        provider="deepseek",
        model="deepseek/deepseek-v4-pro",
        at="2026-11-27T01:00:00",
        says=Counts(prompt=1_000, cached=768, cache_write=0, completion=100, reasoning=60),
        usage=Usage(1_000, 100, cache_read_tokens=768, reasoning_tokens=60),
        nanodollars=232 * 1_320 + 768 * 44 + 100 * 3_960,
    ),
    Priced(
        name="twice as much in the afternoon",
        provider="deepseek",
        model="deepseek/deepseek-v4.1-flash",
        at="2026-11-27T09:59:00",
        says=Counts(prompt=1_000, cached=500, cache_write=0, completion=100),
        usage=Usage(1_000, 100, cache_read_tokens=500),
        nanodollars=500 * 300 + 500 * 6 + 100 * 1_200,
    ),
    Priced(
        name="no peak on Saturdays",
        provider="deepseek",
        model="deepseek/deepseek-v4.1-flash",
        at="2026-11-28T02:00:00",
        says=Counts(prompt=1_000, cached=500, cache_write=0, completion=100),
        usage=Usage(1_000, 100, cache_read_tokens=500),
        nanodollars=500 * 150 + 500 * 3 + 100 * 600,
    ),
    Priced(
        name="an old price with six digits, rounded once",
        provider="deepseek",
        model="deepseek/deepseek-v4-pro",
        at="2026-08-16T12:00:00",
        says=Counts(prompt=1_001, cached=999, cache_write=0, completion=1),
        usage=Usage(1_001, 1, cache_read_tokens=999),
        # 2 x 435 + 999 x 3.625 + 1 x 870 = 5_361.375
        nanodollars=5_361,
    ),
    Priced(
        name="reasoning beside the completion, and xAI's own word",
        provider="xai",
        model="xai/grok-4.7",
        says=Counts(prompt=12, cached=4, cache_write=0, completion=291, reasoning=290),
        # Its list would have 8 x 2_000 + 4 x 500 + 291 x 6_000.
        usage=Usage(12, 291, cache_read_tokens=4, reasoning_tokens=290, cost_nanodollars=303_000),
        nanodollars=303 * 1_000,
        source="provider",
        clients=("chat", "messages", "generate"),
    ),
    Priced(
        name="OpenRouter's own word",
        provider="openrouter",
        model="zai/glm-5.3",
        there="z-ai/glm-5.3",
        says=Counts(prompt=1_200, cached=200, cache_write=0, completion=34, reasoning=30),
        usage=Usage(
            1_200, 34, cache_read_tokens=200, reasoning_tokens=30, cost_nanodollars=1_234_000
        ),
        nanodollars=1_234 * 1_000,
        source="provider",
    ),
    Priced(
        name="half for what is cached at Groq",
        provider="groq",
        model="openai/gpt-oss-120b",
        says=Counts(prompt=1_000, cached=600, cache_write=0, completion=50, reasoning=40),
        usage=Usage(1_000, 50, cache_read_tokens=600, reasoning_tokens=40),
        nanodollars=400 * 150 + 600 * 75 + 50 * 600,
    ),
    Priced(
        name="three counters at Together",
        provider="together",
        model="deepseek/deepseek-v4-pro",
        says=Counts(prompt=1_000, cached=600, completion=50, reasoning=40),
        # It does not tell what was cached, so that nothing is cheaper.
        usage=Usage(1_000, 50),
        nanodollars=1_000 * 1_320 + 50 * 3_960,
    ),
    Priced(
        name="cached at Fireworks before its price rose",
        provider="fireworks",
        model="openai/gpt-oss-120b",
        at="2026-10-18T12:00:00",
        says=Counts(prompt=1_000, cached=600, cache_write=0, completion=50, reasoning=40),
        usage=Usage(1_000, 50, cache_read_tokens=600, reasoning_tokens=40),
        nanodollars=400 * 150 + 600 * 14 + 50 * 600,
        clients=("chat", "responses", "generate"),
    ),
    Priced(
        name="cached at Fireworks since then",
        provider="fireworks",
        model="openai/gpt-oss-120b",
        says=Counts(prompt=1_000, cached=600, cache_write=0, completion=50, reasoning=40),
        usage=Usage(1_000, 50, cache_read_tokens=600, reasoning_tokens=40),
        nanodollars=400 * 150 + 600 * 15 + 50 * 600,
        clients=("chat", "responses", "generate"),
    ),
    Priced(
        name="read from and written to a cache at Alibaba",
        provider="alibaba",
        model="alibaba/qwen3.8-flash",
        says=Counts(prompt=5_000, cached=3_000, cache_write=1_000, completion=100, reasoning=60),
        usage=Usage(
            5_000, 100, cache_read_tokens=3_000, cache_write_tokens=1_000, reasoning_tokens=60
        ),
        nanodollars=1_000 * 150 + 3_000 * 16 + 1_000 * 200 + 100 * 470,
        clients=("chat", "responses", "generate"),
    ),
    Priced(
        name="a long prompt at Alibaba",
        provider="alibaba",
        model="alibaba/qwen3.7-plus",
        says=Counts(prompt=256_001, cached=6_001, cache_write=0, completion=100),
        usage=Usage(256_001, 100, cache_read_tokens=6_001),
        nanodollars=250_000 * 1_200 + 6_001 * 80 + 100 * 4_800,
        clients=("chat", "responses", "generate"),
    ),
    Priced(
        name="an engine of one's own, which has no price",
        provider="vllm",
        model="openai/gpt-oss-20b",
        there="openai/gpt-oss-20b",
        says=Counts(prompt=1_000, completion=50),
        usage=Usage(1_000, 50),
        nanodollars=None,
        source="",
        clients=("chat", "generate"),
    ),
    Priced(
        name="a price of the client's own for it",
        provider="vllm",
        model="openai/gpt-oss-20b",
        there="openai/gpt-oss-20b",
        headers={"cf-aig-custom-cost": '{"per_token_in": 0.000001, "per_token_out": 0.000002}'},
        says=Counts(prompt=1_000, completion=50),
        usage=Usage(1_000, 50),
        nanodollars=1_000 * 1_000 + 50 * 2_000,
        source="custom",
        clients=("chat", "generate"),
    ),
    Priced(
        name="the client's own price for what is cached",
        provider="groq",
        model="openai/gpt-oss-120b",
        headers={
            "x-weft-custom-cost": '{"per_token_in": 0.00001, "per_token_out": 0.00002,'
            ' "per_cache_read_token": 0.000001}'
        },
        says=Counts(prompt=1_000, cached=600, cache_write=0, completion=50),
        usage=Usage(1_000, 50, cache_read_tokens=600),
        nanodollars=400 * 10_000 + 600 * 1_000 + 50 * 20_000,
        source="custom",
    ),
    Priced(
        name="a whole price of the client's own, whatever the provider says",
        provider="xai",
        model="xai/grok-4.7",
        headers={"cf-aig-custom-cost": '{"total_cost": 0.25}'},
        says=Counts(prompt=12, cached=4, cache_write=0, completion=291, reasoning=290),
        usage=Usage(12, 291, cache_read_tokens=4, reasoning_tokens=290, cost_nanodollars=303_000),
        nanodollars=250_000_000,
        source="custom",
        clients=("chat", "messages", "generate"),
    ),
]

CASES = [*_OPENAI, *_ALIKE]

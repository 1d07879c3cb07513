"""Price lists of every kind, and what requests cost by them, worked out by hand.

A token at 1 USD a million costs 1,000 nano-dollars; so `tokens x USD-a-million x 1,000` is what
stands beside every case.
"""

from datetime import UTC, datetime
from typing import Any

from weftline_core.prices import MILLION, Meter, Price, Service, Tier, Window, nanodollars
from weftline_core.usage import NO_USAGE, Usage


def usd(**rates: str) -> dict[Meter, int]:
    return {Meter(meter): nanodollars(rate) for meter, rate in rates.items()}


def each(**rates: str) -> dict[Meter, int]:
    return {Meter(meter): nanodollars(rate, MILLION) for meter, rate in rates.items()}


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


NOON = at("2026-11-27T12:00:00")

PLAIN = Price(rates=usd(input="2", output="10"))
CLAUDE = Price(
    rates=usd(input="4", output="20", cache_read="0.2", cache_write="5", cache_write_1h="8")
    | each(search="0.01"),
    services=(
        Service(name="batch", factor_millionths=500_000),
        Service(
            name="fast",
            rates=usd(input="8", output="40", cache_read="0.4", cache_write="10"),
        ),
    ),
    uplifts={"us": 1_100_000},
)
GPT = Price(
    rates=usd(input="2", output="10", cache_read="0.1"),
    tiers=(Tier(above_tokens=272_000, rates=usd(input="4", output="15", cache_read="0.2")),),
    services=(
        Service(name="flex", factor_millionths=500_000),
        Service(
            name="priority",
            rates=usd(input="4", output="20"),
            tiers=(Tier(above_tokens=272_000, rates=usd(input="8", output="30")),),
        ),
    ),
)
QWEN = Price(
    rates=usd(input="0.029", output="0.29"),
    tiers=(
        Tier(above_tokens=128_000, rates=usd(input="0.12", output="1.2")),
        Tier(above_tokens=32_000, rates=usd(input="0.058", output="0.58")),
    ),
)
AUDIO = Price(
    rates=usd(input="4", output="24", cache_read="0.4", audio_input="32", audio_output="64")
)
AUDIO_CACHED = Price(rates=AUDIO.rates | usd(cache_read_audio="0.5", image_input="5"))
DRAWS = Price(rates=usd(input="2", output="12", image_output="120", reasoning="6"))
PEAK = Price(
    rates=usd(input="0.66", output="1.98", cache_read="0.022"),
    windows=(
        Window(
            start_minute=540,
            end_minute=720,
            days=(1, 2, 3, 4, 5),
            utc_offset_minutes=480,
            factor_millionths=2_000_000,
        ),
    ),
)
OWN_PEAK = Price(
    rates=usd(input="1", output="2"),
    windows=(Window(start_minute=0, end_minute=60, rates=usd(input="3")),),
)
ODD = Price(rates=usd(input="0.003625", output="0.0005"))
PERPLEXITY = Price(rates=usd(input="1", output="1") | each(request="0.005"))
MEDIA = Price(rates=each(audio_second="0.000075", image="0.0336"))

# name, price, usage, what else is asked, what it costs
CASES: list[tuple[str, Price, Usage, dict[str, Any], int]] = [
    ("plain", PLAIN, Usage(1_000, 500), {}, 1_000 * 2_000 + 500 * 10_000),
    ("nothing", PLAIN, NO_USAGE, {}, 0),
    ("input only", PLAIN, Usage(7, 0), {}, 14_000),
    ("cached", CLAUDE, Usage(1_000, 100, 800), {}, 200 * 4_000 + 800 * 200 + 100 * 20_000),
    ("written", CLAUDE, Usage(1_000, 0, 0, 600), {}, 400 * 4_000 + 600 * 5_000),
    ("written for 1 h", CLAUDE, Usage(1_000, 0, 0, 0, 600), {}, 400 * 4_000 + 600 * 8_000),
    (
        "read and written both ways",
        CLAUDE,
        Usage(10_000, 1_000, 5_000, 2_000, 1_000),
        {},
        2_000 * 4_000 + 5_000 * 200 + 2_000 * 5_000 + 1_000 * 8_000 + 1_000 * 20_000,
    ),
    ("cached, no own rate", PLAIN, Usage(1_000, 0, 800), {}, 1_000 * 2_000),
    ("written for 1 h, no own rate", GPT, Usage(1_000, 0, 0, 0, 600), {}, 1_000 * 2_000),
    ("searches", CLAUDE, Usage(0, 0, searches=3), {}, 3 * 10_000_000),
    ("reasoning inside", PLAIN, Usage(0, 500, reasoning_tokens=400), {}, 500 * 10_000),
    (
        "reasoning apart",
        DRAWS,
        Usage(0, 500, reasoning_tokens=400),
        {},
        100 * 12_000 + 400 * 6_000,
    ),
    (
        "audio in and out",
        AUDIO,
        Usage(1_000, 300, audio_prompt_tokens=900, audio_completion_tokens=200),
        {},
        100 * 4_000 + 900 * 32_000 + 100 * 24_000 + 200 * 64_000,
    ),
    (
        "cached audio at the text's cached rate",
        AUDIO,
        Usage(1_000, 0, 500, audio_prompt_tokens=900, cache_read_audio_tokens=400),
        {},
        # 100 text and 400 audio tokens are cached, 500 audio tokens are fresh.
        500 * 400 + 500 * 32_000,
    ),
    (
        "cached audio at its own rate",
        AUDIO_CACHED,
        Usage(1_000, 0, 500, audio_prompt_tokens=900, cache_read_audio_tokens=400),
        {},
        100 * 400 + 400 * 500 + 500 * 32_000,
    ),
    (
        "cached audio that nobody itemised",
        AUDIO,
        Usage(1_000, 0, 500, audio_prompt_tokens=900),
        {},
        500 * 400 + 500 * 32_000,
    ),
    (
        "images seen",
        AUDIO_CACHED,
        Usage(1_000, 0, image_prompt_tokens=250),
        {},
        750 * 4_000 + 250 * 5_000,
    ),
    (
        "images drawn",
        DRAWS,
        Usage(10, 1_300, image_completion_tokens=1_290),
        {},
        10 * 2_000 + 10 * 12_000 + 1_290 * 120_000,
    ),
    ("at the threshold", GPT, Usage(272_000, 10), {}, 272_000 * 2_000 + 10 * 10_000),
    (
        "above it, all of it",
        GPT,
        Usage(272_001, 10, 72_001),
        {},
        200_000 * 4_000 + 72_001 * 200 + 10 * 15_000,
    ),
    ("lowest band", QWEN, Usage(32_000, 10), {}, 32_000 * 29 + 10 * 290),
    ("middle band", QWEN, Usage(128_000, 10), {}, 128_000 * 58 + 10 * 580),
    ("highest band", QWEN, Usage(128_001, 10), {}, 128_001 * 120 + 10 * 1_200),
    (
        "half for flex, above the threshold",
        GPT,
        Usage(300_000, 100),
        {"service_tier": "flex"},
        300_000 * 2_000 + 100 * 7_500,
    ),
    (
        "own rates for priority, cached as usual",
        GPT,
        Usage(1_000, 100, 400),
        {"service_tier": "priority"},
        600 * 4_000 + 400 * 100 + 100 * 20_000,
    ),
    (
        "own rates for priority, above the threshold",
        GPT,
        Usage(300_000, 100),
        {"service_tier": "priority"},
        300_000 * 8_000 + 100 * 30_000,
    ),
    ("a tier without rates", GPT, Usage(10, 1), {"service_tier": "default"}, 30_000),
    (
        "batch is no cheaper for searches",
        CLAUDE,
        Usage(1_000, 0, searches=1),
        {"service_tier": "batch"},
        1_000 * 2_000 + 10_000_000,
    ),
    (
        "written for 1 h, fast",
        CLAUDE,
        Usage(1_000, 0, 0, 0, 100),
        {"service_tier": "fast"},
        900 * 8_000 + 100 * 8_000,
    ),
    (
        "ten percent more in a region",
        CLAUDE,
        Usage(1_000, 100, 500, searches=1),
        {"region": "us-east-1"},
        # (500 x 4 + 500 x 0.2 + 100 x 20) x 1,000 x 1.1
        4_510_000 + 10_000_000,
    ),
    (
        "half of ten percent more",
        CLAUDE,
        Usage(1_000, 0),
        {"region": "us", "service_tier": "batch"},
        2_200_000,
    ),
    (
        "peak",
        PEAK,
        Usage(1_000, 100, 400),
        {"at": "2026-11-27T01:00:00"},
        600 * 1_320 + 400 * 44 + 100 * 3_960,
    ),
    (
        "off peak",
        PEAK,
        Usage(1_000, 100, 400),
        {"at": "2026-11-27T04:00:00"},
        600 * 660 + 400 * 22 + 100 * 1_980,
    ),
    ("no peak on Saturdays", PEAK, Usage(1_000, 0), {"at": "2026-11-28T01:00:00"}, 660_000),
    ("a window's own rates", OWN_PEAK, Usage(9, 9), {"at": "2026-11-28T00:59:59"}, 45_000),
    # 1 x 3.625 = 3.625, 1 x 0.5 = 0.5
    ("rounded up", ODD, Usage(1, 0), {}, 4),
    ("half rounded up", ODD, Usage(0, 1), {}, 1),
    ("rounded once", ODD, Usage(1, 1), {}, 4),
    ("just below a half", ODD, Usage(4, 1), {}, 15),
    ("a price for the request itself", PERPLEXITY, Usage(1, 1), {}, 2_000 + 5_000_000),
    (
        "other units",
        MEDIA,
        NO_USAGE,
        {"other": {Meter.AUDIO_SECOND: 12_500_000, Meter.IMAGE: 2_000_000}},
        # 12.5 s x 75,000 + 2 x 33,600,000
        937_500 + 67_200_000,
    ),
]

"""A model of Workers AI is its path."""

from weftline_core.dialects.cloudflare_run import run_path


def test_a_models_slashes_stay() -> None:
    assert run_path("@cf/meta/llama-3.3-70b") == "/ai/run/@cf/meta/llama-3.3-70b"
    assert run_path("a b?c#d") == "/ai/run/a%20b%3Fc%23d"

"""Google's Gemini API: the model and what is wanted of it stand in the path."""

from weftline_core.dialects.dialect import Target
from weftline_providers.google import HOST


def test_the_model_stands_in_the_path() -> None:
    generate, embed = HOST.speaks
    target = Target(model="gemini-3.5-flash")
    model = "/models/gemini-3.5-flash"
    assert HOST.path(generate, target, stream=False) == f"{model}:generateContent"
    assert HOST.path(generate, target, stream=True) == f"{model}:streamGenerateContent?alt=sse"
    assert HOST.path(embed, target, stream=False) == f"{model}:batchEmbedContents"
    assert HOST.headers(generate, "k") == (("x-goog-api-key", "k"),)

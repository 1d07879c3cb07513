"""What Cloudflare calls providers and models, and what they may be called in a catalog.

Source: Cloudflare's AI Gateway, its list of providers.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

# Cloudflare's name in paths and before models -> ours.
PROVIDERS: Final[Mapping[str, str]] = {
    "openai": "openai",
    "anthropic": "anthropic",
    "google-ai-studio": "google",
    "google-vertex-ai": "vertex",
    "workers-ai": "workersai",
    "groq": "groq",
    "mistral": "mistral",
    "grok": "xai",
    "xai": "xai",
    "deepseek": "deepseek",
    "openrouter": "openrouter",
    "cohere": "cohere",
    "fireworks": "fireworks",
    "together": "together",
    "together-ai": "together",
    "azure-openai": "azure",
    "aws-bedrock": "bedrock",
    "alibaba": "alibaba",
    "minimax": "minimax",
}
_THEIRS: Final[Mapping[str, str]] = {
    ours: theirs for theirs, ours in reversed(tuple(PROVIDERS.items()))
}

# A provider that an operator has added under a name of its own.
CUSTOM: Final = "custom-"
# A route that an operator has defined; here that is a model of the route's name.
DYNAMIC: Final = "dynamic"
# What Cloudflare hosts itself.
HOSTED: Final = ("@cf/", "@hf/")


class Named(msgspec.Struct, frozen=True):
    """What to look up. there: a provider, by our name, and what the model is called there; then
    names: in the catalog, the first that there is holds. only: the one provider that may be asked;
    None for any.
    """

    names: tuple[str, ...]
    only: str | None = None
    there: tuple[str, str] | None = None

    @property
    def at_cloudflare(self) -> bool:
        """Return whether it is a model that Cloudflare hosts."""
        return self.there is not None and self.there[0] == PROVIDERS["workers-ai"]


def theirs(provider: str) -> str:
    """Return what Cloudflare calls a provider of ours; an unknown one keeps its name."""
    return _THEIRS.get(provider, provider)


def hosted(model: str) -> bool:
    """Return whether a model is one of those that Cloudflare hosts itself."""
    return model.startswith(HOSTED)


def named_at(provider: str, model: str) -> Named:
    """Return what a model at one provider may be called; `provider` is Cloudflare's name."""
    if provider.startswith(CUSTOM):
        slug = provider.removeprefix(CUSTOM)
        return Named((f"{provider}/{model}", f"{slug}/{model}"))
    ours = PROVIDERS.get(provider, provider)
    names, bare = [f"{provider}/{model}", f"{ours}/{model}", model], model
    if ours == "vertex" and "/" in model:
        # The maker stands before the model there, as in `google/gemini-2.5-pro`.
        bare = model.rpartition("/")[2]
        names.append(bare)
    return Named(tuple(dict.fromkeys(names)), ours, (ours, bare))


def named_in_compat(model: str) -> Named:
    """Return what the gateway's `{provider}/{model}` may be called."""
    provider, slash, rest = model.partition("/")
    if hosted(model):
        return named_at("workers-ai", model)
    if not slash or (provider not in PROVIDERS and not provider.startswith(CUSTOM)):
        return Named((model, rest) if provider == DYNAMIC and rest else (model,))
    return named_at(provider, rest)


def named_in_catalog(model: str) -> Named:
    """Return what the REST API's `{author}/{model}` or `@cf/{author}/{model}` may be called; any
    provider that serves it will do.
    """
    if hosted(model):
        names = (model, f"workers-ai/{model}", f"workersai/{model}")
        return Named(names, there=("workersai", model))
    author, _, rest = model.partition("/")
    if not rest or author not in (*PROVIDERS, DYNAMIC, *PROVIDERS.values()):
        return Named((model,))
    ours = PROVIDERS.get(author, author)
    others = (f"{theirs(author)}/{rest}", f"{ours}/{rest}", rest)
    return Named(tuple(dict.fromkeys((model, *others))), there=(ours, rest))

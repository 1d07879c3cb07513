"""Which inference providers a person already has a key for, as resources for their mesh.

Only the names of environment variables are read here and shown; their values go nowhere.
"""

from collections.abc import Iterable, Mapping

from weftline_core.desired import Endpoint, Model, Resource
from weftline_core.provider import Provider


def with_key(providers: Iterable[Provider], environment: Mapping[str, str]) -> list[Provider]:
    """Return the providers with a public service whose key is in `environment`."""
    return [
        provider
        for provider in providers
        if provider.base_url and provider.key_env and environment.get(provider.key_env)
    ]


def resources_of(provider: Provider) -> list[Resource]:
    """Return a provider's public service as an endpoint and its models, `provider/model`."""
    assert provider.base_url is not None
    models = [
        Model(name=f"{provider.name}/{name}", task=task, owned_by=provider.name)
        for name, task in provider.models
    ]
    endpoint = Endpoint(
        name=provider.name,
        base_url=provider.base_url,
        models={f"{provider.name}/{name}": name for name, _ in provider.models},
        provider=provider.name,
        secret=f"env:{provider.key_env}",
    )
    return [*models, endpoint] if models else []

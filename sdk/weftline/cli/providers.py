"""Which inference providers a person already has a key for, as resources for their mesh.

Only the names of environment variables are read here and shown; their values go nowhere.
"""

from collections.abc import Iterable, Mapping, Sequence

from weftline.catalog.places import Place, resources_at
from weftline.catalog.shipped import load_shipped
from weftline_core.desired import Resource
from weftline_core.hosts import Provider


def with_key(providers: Iterable[Provider], environment: Mapping[str, str]) -> list[Provider]:
    """Return the providers with a public service whose key is in `environment`."""
    return [
        provider
        for provider in providers
        if provider.base_url and provider.key_env and environment.get(provider.key_env)
    ]


def place_of(provider: Provider, base_url: str = "") -> Place:
    """Return a provider as a place where models of the catalog run: its public service, or another
    address.
    """
    url = base_url or provider.base_url
    assert url is not None, "only providers with a public service have an address by themselves"
    return Place(
        provider=provider.name,
        base_url=url,
        tasks=frozenset(back.task for back in provider.speaks),
        key_env=provider.key_env,
    )


def resources_of(providers: Sequence[Provider]) -> list[Resource]:
    """Return the models of the shipped catalog that these providers' public services run, and one
    endpoint for each service.
    """
    if not providers:
        return []
    shipped = load_shipped()
    return resources_at(shipped, shipped.entries, [place_of(p) for p in providers])

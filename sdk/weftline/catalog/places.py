"""From catalog entries and the providers at hand to resources that a mesh can apply."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from weftline.catalog.entries import Entry, OfferShape, model_of, servable
from weftline.catalog.shipped import Shipped
from weftline_core.desired import Endpoint, Resource, Task
from weftline_core.geo import region_problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A provider at hand.

    tasks: what it can do; None for whatever the catalog says. key_env: the environment variable
    that holds its key; credentials: names of `Credential` resources, which go first. region: where
    it is, which decides between a model's names there. name: of the endpoint; by default the
    provider's, with the region behind it.
    """

    provider: str
    base_url: str
    tasks: frozenset[Task] | None = None
    key_env: str | None = None
    credentials: tuple[str, ...] = ()
    region: str | None = None
    options: Mapping[str, str] = field(default_factory=dict[str, str])
    name: str | None = None

    @property
    def endpoint_name(self) -> str:
        """Return the name of its endpoint."""
        return self.name or "-".join(filter(None, (self.provider, self.region)))


def resources_at(
    shipped: Shipped, entries: Iterable[Entry], places: Sequence[Place]
) -> list[Resource]:
    """Return the models that any of the places serves, then one endpoint for each place that serves
    any. A model has only the offers of these places.
    """
    served: dict[str, dict[str, str]] = {place.endpoint_name: {} for place in places}
    models: list[Resource] = []
    for entry in entries:
        here: list[OfferShape] = []
        for place in places:
            if (offer := offer_at(entry, place)) is not None:
                served[place.endpoint_name][entry.name] = offer.model
                here.append(offer)
        unique = list({(offer.provider, offer.model): offer for offer in here}.values())
        model = model_of(entry, unique, shipped.aliases(entry, unique))
        if unique and model is not None:
            models.append(model)
    endpoints = [
        _endpoint(place, names) for place in places if (names := served[place.endpoint_name])
    ]
    return [*models, *endpoints]


def offer_at(entry: Entry, place: Place) -> OfferShape | None:
    """Return the offer of a model that a place would serve, or None."""
    if not servable(entry.task) or (place.tasks is not None and entry.task not in place.tasks):
        return None
    offers = [offer for offer in entry.offers if offer.provider == place.provider]
    fitting = [offer for offer in offers if _is_in(place.region, offer.regions)]
    everywhere = [offer for offer in offers if not offer.regions]
    return next(iter([*fitting, *everywhere]), None)


def _is_in(region: str | None, regions: Iterable[str]) -> bool:
    return region is not None and any(
        region == wide or region.startswith(f"{wide}-") for wide in regions
    )


def _endpoint(place: Place, models: dict[str, str]) -> Endpoint:
    return Endpoint(
        name=place.endpoint_name,
        base_url=place.base_url,
        models=models,
        provider=place.provider,
        # A provider's own word for a region may be nobody else's.
        region=place.region if place.region and not region_problem(place.region) else None,
        secret=f"env:{place.key_env}" if place.key_env and not place.credentials else None,
        credentials=place.credentials,
        options=dict(place.options),
    )

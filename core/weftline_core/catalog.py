"""The desired state as the data path reads it: every look-up built once, nothing ever changed."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from weftline_core.desired import Credential, Desired, Endpoint, Key, Model, Pop, Task


@dataclass(frozen=True, slots=True, repr=False)
class Catalog:
    """An immutable snapshot of one revision. A new revision is a new catalog, swapped in whole."""

    revision: int
    models: tuple[Model, ...]
    endpoints: tuple[Endpoint, ...]
    _models: Mapping[str, Model]
    _of_task: Mapping[tuple[Task, str], Model]
    _serving: Mapping[str, tuple[Endpoint, ...]]
    _called: Mapping[tuple[str, str], Model]
    _endpoints: Mapping[str, Endpoint]
    _keys: Mapping[str, Key]
    _credentials: Mapping[str, Credential]
    _pops: Mapping[str, Pop]

    @classmethod
    def of(cls, desired: Desired) -> "Catalog":
        """Return the catalog of a desired state. All orders are by name, so that equal states
        give equal plans.
        """
        resources = [desired.resources[ref] for ref in sorted(desired.resources)]
        models = tuple(r for r in resources if isinstance(r, Model))
        endpoints = tuple(r for r in resources if isinstance(r, Endpoint))
        # A model's own name beats another's alias: of another task, or should a state with both of
        # one task ever slip through.
        named = [(alias, model) for model in models for alias in model.aliases]
        named += [(model.name, model) for model in models]
        serving: defaultdict[str, list[Endpoint]] = defaultdict(list)
        by_name = {model.name: model for model in models}
        called: dict[tuple[str, str], Model] = {}
        for endpoint in endpoints:
            for name, there in endpoint.models.items():
                serving[name].append(endpoint)
                if name in by_name:
                    called.setdefault((endpoint.provider, there), by_name[name])
        return cls(
            revision=desired.revision,
            models=models,
            endpoints=endpoints,
            _models=dict(named),
            _of_task={(model.task, name): model for name, model in named},
            _serving={name: tuple(found) for name, found in serving.items()},
            _called=called,
            _endpoints={endpoint.name: endpoint for endpoint in endpoints},
            _keys={r.digest: r for r in resources if isinstance(r, Key)},
            _credentials={r.name: r for r in resources if isinstance(r, Credential)},
            _pops={r.name: r for r in resources if isinstance(r, Pop)},
        )

    def model(self, name: str, task: Task | None = None) -> Model | None:
        """Return the model of that name or alias that does `task`. Two models may share a name if
        they do different tasks; without a task, any of them is returned.
        """
        return self._models.get(name) if task is None else self._of_task.get((task, name))

    def called(self, provider: str, there: str) -> Model | None:
        """Return the model that endpoints of a provider call `there`."""
        return self._called.get((provider, there))

    def endpoints_of(self, model: Model) -> tuple[Endpoint, ...]:
        """Return every endpoint that serves the model, draining ones included, by name."""
        return self._serving.get(model.name, ())

    def endpoint(self, name: str) -> Endpoint | None:
        """Return the endpoint of that name."""
        return self._endpoints.get(name)

    def key(self, digest: str) -> Key | None:
        """Return the client key known by `digest` (`weftline_core.keys.digest`)."""
        return self._keys.get(digest)

    def credential(self, name: str) -> Credential | None:
        """Return the credential of that name."""
        return self._credentials.get(name)

    def pop(self, name: str) -> Pop | None:
        """Return what the operator wants of that PoP, if anything."""
        return self._pops.get(name)

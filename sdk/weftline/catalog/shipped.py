"""The data files beside this module, read and indexed."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

import msgspec
import yaml

from weftline.catalog.entries import Entry, Family, OfferShape
from weftline_core.cloudflare.names import hosted, theirs
from weftline_core.errors import OperatorError

# libyaml's parser, where PyYAML was built with it, is eight times as fast. Both leave every scalar
# as the text that it is, so that a price is never a float.
_LOADER: Final = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


@dataclass(frozen=True, slots=True)
class Shipped:
    """All entries in the order of their names, and every name they go by."""

    entries: tuple[Entry, ...]
    names: Mapping[tuple[str, str], Entry]

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> "Shipped":
        """Return an index. A name that two entries of one task could claim belongs to neither,
        unless it is the own name of one.
        """
        ordered = tuple(sorted(entries, key=lambda entry: (entry.name, entry.task)))
        claims: dict[tuple[str, str], list[Entry]] = {}
        for entry in ordered:
            for name in dict.fromkeys([*entry.aliases, *derived_names(entry, entry.offers)]):
                claims.setdefault((entry.task, name.lower()), []).append(entry)
        names = {name: found[0] for name, found in claims.items() if len(found) == 1}
        names |= {(entry.task, entry.name.lower()): entry for entry in ordered}
        return cls(ordered, names)

    def find(self, name: str, task: str | None = None) -> Entry | None:
        """Return the entry that goes by a name, in any spelling of its capitals."""
        wanted = name.lower()
        if task is not None:
            return self.names.get((task, wanted))
        tasks = dict.fromkeys(entry.task for entry in self.entries)
        return next((e for t in tasks if (e := self.names.get((t, wanted)))), None)

    def aliases(self, entry: Entry, offers: Iterable[OfferShape]) -> tuple[str, ...]:
        """Return the names by which an entry may be asked for at some of its offers; a provider's
        own spelling only where that provider is one of them.
        """
        return tuple(
            name
            for name in derived_names(entry, offers)
            if self.names.get((entry.task, name.lower())) is entry and name != entry.name
        )


def load_shipped() -> Shipped:
    """Return the catalog that comes with weftline.

    Raises:
        OperatorError: a data file is damaged.
    """
    return Shipped.of(entry for _, family in families() for entry in family.models)


def families() -> Iterator[tuple[str, Family]]:
    """Yield each data file's name and content.

    Raises:
        OperatorError: a data file is damaged.
    """
    folder = files("weftline.catalog") / "data"
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".yaml"):
            yield file.name, read_family(file.read_text(encoding="utf-8"), file.name)


def read_family(text: str, source: str) -> Family:
    """Return one data file. source: what to call it in errors.

    Raises:
        OperatorError: not YAML, or not the shape of a data file.
    """
    try:
        # Nothing but text, lists and mappings comes out of this loader.
        plain: object = yaml.load(text, Loader=_LOADER)  # noqa: S506
        return msgspec.convert(plain, Family, strict=False)
    except (yaml.YAMLError, msgspec.ValidationError) as e:
        raise OperatorError(f"{source}: not a catalog: {e}") from e


def derived_names(entry: Entry, offers: Iterable[OfferShape]) -> tuple[str, ...]:
    """Return the names that follow from others: the plain one, `provider/name-there`, and how
    Cloudflare's users write the same.
    """
    names = [entry.plain_name]
    for offer in offers:
        names += (f"{offer.provider}/{offer.model}", f"{theirs(offer.provider)}/{offer.model}")
        if hosted(offer.model):
            names.append(offer.model)
    return tuple(dict.fromkeys(names))

"""From an IP address to a place, by a MaxMind database file if the operator has one: the first
guess of how far an endpoint is that does not say its region.

City databases give coordinates. Country databases give a country, for which the city stands where
its traffic meets the world. The file is the operator's; none is shipped.
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import maxminddb
import msgspec

from weftline_core.desired import Endpoint
from weftline_core.errors import OperatorError
from weftline_core.geo import Place, place

# ISO 3166 country -> the city that stands for it; of large countries a middle one, so that no coast
# is wrong by the whole width.
COUNTRY_CITY: Mapping[str, str] = {
    "AE": "dxb",
    "AR": "eze",
    "AT": "vie",
    "AU": "syd",
    "BE": "bru",
    "BG": "sof",
    "BH": "bah",
    "BR": "gru",
    "CA": "yyz",
    "CH": "zrh",
    "CL": "scl",
    "CN": "pvg",
    "CO": "bog",
    "CZ": "prg",
    "DE": "fra",
    "DK": "cph",
    "EG": "cai",
    "ES": "mad",
    "FI": "hel",
    "FR": "cdg",
    "GB": "lhr",
    "GR": "ath",
    "HK": "hkg",
    "HU": "bud",
    "ID": "cgk",
    "IE": "dub",
    "IL": "tlv",
    "IN": "bom",
    "IT": "mil",
    "JP": "nrt",
    "KE": "nbo",
    "KR": "icn",
    "LV": "rix",
    "MX": "mex",
    "MY": "kul",
    "NG": "los",
    "NL": "ams",
    "NO": "osl",
    "NZ": "akl",
    "PE": "lim",
    "PH": "mnl",
    "PL": "waw",
    "PT": "lis",
    "QA": "doh",
    "RO": "otp",
    "SA": "ruh",
    "SE": "arn",
    "SG": "sin",
    "TH": "bkk",
    "TR": "ist",
    "TW": "tpe",
    "UA": "kbp",
    "US": "dsm",
    "VN": "sgn",
    "ZA": "jnb",
}


class _Location(msgspec.Struct):
    latitude: float | None = None
    longitude: float | None = None


class _Country(msgspec.Struct):
    iso_code: str | None = None


class _Record(msgspec.Struct):
    """The fields of both kinds of database that matter here."""

    location: _Location = msgspec.field(default_factory=_Location)
    country: _Country = msgspec.field(default_factory=_Country)
    registered_country: _Country = msgspec.field(default_factory=_Country)


class Locator:
    """Looks addresses up in one database file, which stays open."""

    def __init__(self, path: Path) -> None:
        """Open the file.

        Raises:
            OperatorError: it cannot be read, or is no such database.
        """
        try:
            self._reader = maxminddb.open_database(path)  # pyright: ignore[reportUnknownMemberType]
        except OSError as e:
            raise OperatorError(f"cannot read {path}: {e.strerror}", param="geoip") from e
        except maxminddb.InvalidDatabaseError as e:
            raise OperatorError(
                f"{path} is not a MaxMind database (.mmdb); unpack it if it is an archive",
                param="geoip",
            ) from e

    def place(self, ip: str) -> Place | None:
        """Return where an address is, or None for one that the database does not know."""
        try:
            record = msgspec.convert(self._reader.get(ip), _Record)  # pyright: ignore[reportUnknownMemberType]
        except (ValueError, maxminddb.InvalidDatabaseError):
            # No address, an IPv6 one in a database of IPv4, no record or one of another shape: all
            # mean that the place is unknown, which is no reason to fail.
            return None
        here = record.location
        if here.latitude is not None and here.longitude is not None:
            return Place(here.latitude, here.longitude)
        code = record.country.iso_code or record.registered_country.iso_code
        city = None if code is None else COUNTRY_CITY.get(code)
        return None if city is None else place(city)

    def close(self) -> None:
        """Close the file."""
        self._reader.close()


def located(
    endpoints: Iterable[Endpoint], place_of: Callable[[str], Place | None]
) -> dict[str, Place]:
    """Return where endpoints are, by name, that give no region but an IP address as host.

    place_of: where an address is; None for one it does not know, and for what is no address.
    """
    found: dict[str, Place] = {}
    for endpoint in endpoints:
        host = urlsplit(endpoint.base_url).hostname
        if endpoint.region is None and host and (where := place_of(host)) is not None:
            found[endpoint.name] = where
    return found

"""Both kinds of database, and everything that is no answer."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.fakes.mmdb import Value, database
from weftline_core.desired import Endpoint
from weftline_core.errors import OperatorError
from weftline_core.geo import PLACES, Place, place
from weftline_node.locate import COUNTRY_CITY, Locator, located


def locator(tmp_path: Path, kind: str, networks: Mapping[str, Mapping[str, Value]]) -> Locator:
    path = tmp_path / "geo.mmdb"
    path.write_bytes(database(kind, networks))
    return Locator(path)


def test_a_city_database_gives_coordinates(tmp_path: Path) -> None:
    records: dict[str, Mapping[str, Value]] = {
        "192.0.2.0/24": {
            "country": {"iso_code": "NL"},
            "location": {"latitude": 52.09, "longitude": 5.12},
        },
        "2001:db8::/32": {"location": {"latitude": -33.9, "longitude": 18.4}},
    }
    found = locator(tmp_path, "GeoLite2-City", records)
    assert found.place("192.0.2.77") == Place(52.09, 5.12)
    assert found.place("2001:db8::1") == Place(-33.9, 18.4)
    found.close()


def test_a_country_database_gives_the_city_that_stands_for_it(tmp_path: Path) -> None:
    records: dict[str, Mapping[str, Value]] = {
        "192.0.2.0/24": {"country": {"iso_code": "JP"}},
        "198.51.100.0/24": {"registered_country": {"iso_code": "BR"}},
        "203.0.113.0/24": {"country": {"iso_code": "AQ"}},
    }
    found = locator(tmp_path, "GeoLite2-Country", records)
    assert found.place("192.0.2.1") == place("nrt")
    assert found.place("198.51.100.1") == place("gru")
    assert found.place("203.0.113.1") is None, "nobody runs a region there"
    found.close()


def test_what_is_not_known_is_none(tmp_path: Path) -> None:
    records: dict[str, Mapping[str, Value]] = {
        "192.0.2.0/24": {"location": {"time_zone": "Etc/UTC"}},
        "198.51.100.0/24": {"location": "nowhere", "country": ["NL"]},
    }
    found = locator(tmp_path, "GeoLite2-City", records)
    for ip in ("127.0.0.1", "::1", "192.0.2.1", "198.51.100.1", "not an address", ""):
        assert found.place(ip) is None
    found.close()


def test_only_addresses_of_endpoints_that_give_no_region_are_looked_up(tmp_path: Path) -> None:
    records: dict[str, Mapping[str, Value]] = {
        "192.0.2.0/24": {"country": {"iso_code": "JP"}},
        "2001:db8::/32": {"country": {"iso_code": "BR"}},
    }
    found = locator(tmp_path, "GeoLite2-Country", records)
    urls = {
        "four": "http://192.0.2.7:8000/v1",
        "six": "https://[2001:db8::7]/v1",
        "named": "http://tokyo.example/v1",
        "unknown": "http://198.51.100.1/v1",
    }
    endpoints = [Endpoint(name=name, base_url=url, models={}) for name, url in urls.items()]
    endpoints.append(Endpoint(name="said", base_url=urls["four"], models={}, region="ams"))
    assert located(endpoints, found.place) == {"four": place("nrt"), "six": place("gru")}
    found.close()


def test_a_wrong_file_is_the_operators_fault(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="cannot read"):
        Locator(tmp_path / "absent.mmdb")
    wrong = tmp_path / "wrong.mmdb"
    wrong.write_bytes(b"PK\x03\x04 an archive")
    with pytest.raises(OperatorError, match="not a MaxMind database"):
        Locator(wrong)


def test_every_country_has_a_known_city() -> None:
    assert set(COUNTRY_CITY.values()) <= set(PLACES)

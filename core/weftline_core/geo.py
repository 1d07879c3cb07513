"""Where regions are, and how long light needs between them: the first guess before anything was
measured.

A region is a city's airport code (`ams`) or a large cloud's name for a region near it
(`eu-central-1`, `us-east4`, `westeurope`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from math import asin, cos, radians, sin, sqrt

from weftline_core.errors import OperatorError
from weftline_core.ids import NAME_CHARS_MAX

EARTH_RADIUS_KM = 6371.0

# Light in glass runs at about 2/3 of its speed in vacuum: 200 km each millisecond.
FIBRE_KM_PER_MS = 200.0

# Cables don't follow great circles. Between the large clouds' regions a round trip is 1.3 (Virginia
# to Frankfurt, Virginia to Tokyo) to 2.4 (Europe to Tokyo) times what straight fibre would need;
# 1.5 is the middle.
PATH_STRETCH = 1.5

# Two machines in one city: a few metro hops.
SAME_CITY_RTT_MS = 1.0


@dataclass(frozen=True, slots=True)
class Place:
    """A point on Earth. Units: degrees, north and east positive."""

    latitude: float
    longitude: float


_CITIES: dict[str, tuple[float, float]] = {
    # Europe
    "ams": (52.37, 4.90),
    "arn": (59.33, 18.07),
    "ath": (37.98, 23.73),
    "bcn": (41.39, 2.17),
    "ber": (52.52, 13.40),
    "bru": (50.85, 4.35),
    "bud": (47.50, 19.04),
    "cdg": (48.86, 2.35),
    "cph": (55.68, 12.57),
    "dub": (53.35, -6.26),
    "dus": (51.23, 6.77),
    "fra": (50.11, 8.68),
    "gva": (46.20, 6.14),
    "ham": (53.55, 9.99),
    "hel": (60.17, 24.94),
    "ist": (41.01, 28.98),
    "kbp": (50.45, 30.52),
    "lhr": (51.51, -0.13),
    "lis": (38.72, -9.14),
    "mad": (40.42, -3.70),
    "man": (53.48, -2.24),
    "mil": (45.46, 9.19),
    "mrs": (43.30, 5.37),
    "muc": (48.14, 11.58),
    "osl": (59.91, 10.75),
    "otp": (44.43, 26.10),
    "prg": (50.08, 14.44),
    "rix": (56.95, 24.11),
    "rom": (41.90, 12.50),
    "sof": (42.70, 23.32),
    "vie": (48.21, 16.37),
    "waw": (52.23, 21.01),
    "zrh": (47.38, 8.54),
    # North America
    "atl": (33.75, -84.39),
    "bos": (42.36, -71.06),
    "cmh": (39.96, -83.00),
    "den": (39.74, -104.99),
    "dfw": (32.78, -96.80),
    "dsm": (41.59, -93.62),
    "ewr": (40.74, -74.17),
    "iad": (38.95, -77.45),
    "iah": (29.76, -95.37),
    "jfk": (40.71, -74.01),
    "las": (36.17, -115.14),
    "lax": (34.05, -118.24),
    "mex": (19.43, -99.13),
    "mia": (25.76, -80.19),
    "msp": (44.98, -93.27),
    "ord": (41.88, -87.63),
    "pdx": (45.52, -122.68),
    "phx": (33.45, -112.07),
    "qro": (20.59, -100.39),
    "sea": (47.61, -122.33),
    "sjc": (37.34, -121.89),
    "slc": (40.76, -111.89),
    "yul": (45.50, -73.57),
    "yvr": (49.28, -123.12),
    "yyz": (43.65, -79.38),
    # South America
    "bog": (4.71, -74.07),
    "eze": (-34.60, -58.38),
    "gig": (-22.91, -43.17),
    "gru": (-23.55, -46.63),
    "lim": (-12.05, -77.04),
    "scl": (-33.45, -70.67),
    # Africa and the Middle East
    "bah": (26.23, 50.59),
    "cai": (30.04, 31.24),
    "cpt": (-33.92, 18.42),
    "doh": (25.29, 51.53),
    "dxb": (25.20, 55.27),
    "jnb": (-26.20, 28.05),
    "los": (6.52, 3.38),
    "nbo": (-1.29, 36.82),
    "ruh": (24.71, 46.68),
    "tlv": (32.09, 34.78),
    # Asia and Oceania
    "akl": (-36.85, 174.76),
    "bkk": (13.76, 100.50),
    "blr": (12.97, 77.59),
    "bne": (-27.47, 153.03),
    "bom": (19.08, 72.88),
    "cgk": (-6.21, 106.85),
    "del": (28.61, 77.21),
    "hkg": (22.32, 114.17),
    "hyd": (17.39, 78.49),
    "icn": (37.57, 126.98),
    "kix": (34.69, 135.50),
    "kul": (3.14, 101.69),
    "maa": (13.08, 80.27),
    "mel": (-37.81, 144.96),
    "mnl": (14.60, 120.98),
    "nrt": (35.68, 139.69),
    "per": (-31.95, 115.86),
    "pek": (39.90, 116.41),
    "pvg": (31.23, 121.47),
    "sgn": (10.82, 106.63),
    "sin": (1.35, 103.82),
    "syd": (-33.87, 151.21),
    "tpe": (25.03, 121.57),
}

# The city next to a cloud's region. AWS, then Google Cloud, then Azure.
_CLOUD_REGIONS: dict[str, str] = {
    "af-south-1": "cpt",
    "ap-east-1": "hkg",
    "ap-northeast-1": "nrt",
    "ap-northeast-2": "icn",
    "ap-northeast-3": "kix",
    "ap-south-1": "bom",
    "ap-south-2": "hyd",
    "ap-southeast-1": "sin",
    "ap-southeast-2": "syd",
    "ap-southeast-3": "cgk",
    "ap-southeast-4": "mel",
    "ca-central-1": "yul",
    "eu-central-1": "fra",
    "eu-central-2": "zrh",
    "eu-north-1": "arn",
    "eu-south-1": "mil",
    "eu-west-1": "dub",
    "eu-west-2": "lhr",
    "eu-west-3": "cdg",
    "il-central-1": "tlv",
    "me-central-1": "dxb",
    "me-south-1": "bah",
    "sa-east-1": "gru",
    "us-east-1": "iad",
    "us-east-2": "cmh",
    "us-west-1": "sjc",
    "us-west-2": "pdx",
    "asia-east1": "tpe",
    "asia-east2": "hkg",
    "asia-northeast1": "nrt",
    "asia-northeast3": "icn",
    "asia-south1": "bom",
    "asia-southeast1": "sin",
    "asia-southeast2": "cgk",
    "australia-southeast1": "syd",
    "europe-north1": "hel",
    "europe-west1": "bru",
    "europe-west2": "lhr",
    "europe-west3": "fra",
    "europe-west4": "ams",
    "europe-west6": "zrh",
    "northamerica-northeast1": "yul",
    "southamerica-east1": "gru",
    "us-central1": "dsm",
    "us-east4": "iad",
    "us-west1": "pdx",
    "us-west2": "lax",
    "australiaeast": "syd",
    "brazilsouth": "gru",
    "centralindia": "bom",
    "centralus": "dsm",
    "eastasia": "hkg",
    "eastus": "iad",
    "eastus2": "iad",
    "francecentral": "cdg",
    "germanywestcentral": "fra",
    "japaneast": "nrt",
    "koreacentral": "icn",
    "northeurope": "dub",
    "southcentralus": "dfw",
    "southeastasia": "sin",
    "swedencentral": "arn",
    "uksouth": "lhr",
    "westeurope": "ams",
    "westus": "sjc",
    "westus2": "sea",
}

PLACES: Mapping[str, Place] = {code: Place(*where) for code, where in _CITIES.items()} | {
    region: Place(*_CITIES[city]) for region, city in _CLOUD_REGIONS.items()
}


def region_problem(code: str) -> str | None:
    """Return what is wrong with a region code, or None."""
    if code in PLACES:
        return None
    code = code[:NAME_CHARS_MAX]
    # Of three letters, two that changed places are no close match to difflib.
    swapped = [known for known in PLACES if sorted(known) == sorted(code.lower())]
    near = swapped or get_close_matches(code.lower(), PLACES, n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else "use one such as ams, iad or us-east-1"
    return f"'{code}' is not a known region: {hint}"


def place(code: str) -> Place:
    """Return where a region is.

    Raises:
        OperatorError: the code is not in the table; the message proposes near ones.
    """
    if problem := region_problem(code):
        raise OperatorError(problem, param="region")
    return PLACES[code]


def distance_km(a: Place, b: Place) -> float:
    """Return the great-circle distance. Source: the haversine formula."""
    north, east = radians(b.latitude - a.latitude), radians(b.longitude - a.longitude)
    chord = (
        sin(north / 2) ** 2
        + cos(radians(a.latitude)) * cos(radians(b.latitude)) * sin(east / 2) ** 2
    )
    return 2 * EARTH_RADIUS_KM * asin(sqrt(min(1.0, chord)))


def rtt_floor_ms(distance: float) -> float:
    """Return the round trip that no fibre can beat. Units: `distance` in km."""
    return 2 * distance / FIBRE_KM_PER_MS


def rtt_guess_ms(a: Place, b: Place) -> float:
    """Return the round trip to expect between two places, before anything was measured."""
    return SAME_CITY_RTT_MS + PATH_STRETCH * rtt_floor_ms(distance_km(a, b))

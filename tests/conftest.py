"""What all tests share."""

import os

from hypothesis import settings

# A busy disk or a neighbour on the same core makes any example late now and then; how long code
# takes is measured in the bench, and no test depends on it. The gate draws the same examples every
# time, so that a change is judged and not its luck; a person's runs go on exploring.
settings.register_profile("weftline", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("weftline")

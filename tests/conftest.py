"""What all tests share."""

from hypothesis import settings

# A busy disk or a neighbour on the same core makes any example late now and then; how long code
# takes is measured in the bench, and no test depends on it.
settings.register_profile("weftline", deadline=None)
settings.load_profile("weftline")

"""What a model costs at a provider."""

import msgspec


class Offer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A model as one provider sells it. model: its name there."""

    provider: str
    model: str

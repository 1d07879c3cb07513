"""Features have stable names: operators write them in `refuses`, records show them."""

import pytest

from weftline_core.chat.features import Feature
from weftline_core.desired import Model


def test_names_are_the_constants_in_lower_case() -> None:
    assert {feature.name.lower(): feature.value for feature in Feature} == {
        feature.value: feature.value for feature in Feature
    }


@pytest.mark.parametrize("feature", Feature)
def test_a_model_may_refuse_each_by_its_name(feature: Feature) -> None:
    assert list(Model(name="m", refuses=(feature.value,)).problems()) == []


def test_a_model_cannot_refuse_what_is_no_feature() -> None:
    assert list(Model(name="m", refuses=("heat",)).problems()) != []

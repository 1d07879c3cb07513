"""Arguments as an object."""

import pytest

from weftline_core.dialects.arguments import arguments_object


@pytest.mark.parametrize(
    ("text", "args"),
    [
        ("", {}),
        (" ", {}),
        ("{}", {}),
        ('{"a": [1]}', {"a": [1]}),
        ('{"a": 1', None),
        ("[1]", None),
        ('"x"', None),
        ("null", None),
    ],
)
def test_arguments_are_an_object_or_nothing(text: str, args: object) -> None:
    assert arguments_object(text) == args


def test_text_of_a_tool_that_takes_text_is_its_input() -> None:
    assert arguments_object("{x", free_text=True) == {"input": "{x"}

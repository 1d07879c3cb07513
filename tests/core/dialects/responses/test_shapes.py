"""The shapes know every field that the SDK can send of what they name."""

from openai.types.responses import (
    response_function_tool_call_param,
    response_input_file_param,
    response_input_image_param,
    response_input_text_param,
    response_output_text_param,
)
from openai.types.responses.response_create_params import ResponseCreateParamsBase

from weftline_core.dialects.responses.shapes import (
    FUNCTION_CALL_FIELDS,
    PART_FIELDS,
    REQUEST_FIELDS,
)

# Known to the SDK, and carried nowhere: told to the client as dropped.
TOLD = {
    "access_programs",
    "background_options",
    "context_management",
    "image",
    "max_tool_calls",
    "prompt_cache_options",
    "prompt_cache_retention",
}


def test_every_field_of_a_request_is_known_or_told() -> None:
    fields = set(ResponseCreateParamsBase.__annotations__)
    assert fields - REQUEST_FIELDS == TOLD
    # `stream` stands in the SDK's two halves of this type.
    assert REQUEST_FIELDS - fields == {"stream"}


def test_every_field_of_a_part_is_known() -> None:
    for kind, param in (
        ("input_text", response_input_text_param.ResponseInputTextParam),
        ("input_image", response_input_image_param.ResponseInputImageParam),
        ("input_file", response_input_file_param.ResponseInputFileParam),
        ("output_text", response_output_text_param.ResponseOutputTextParam),
    ):
        assert set(param.__annotations__) <= PART_FIELDS[kind]


def test_a_call_has_no_field_that_is_read_in_vain() -> None:
    fields = set(response_function_tool_call_param.ResponseFunctionToolCallParam.__annotations__)
    assert fields >= FUNCTION_CALL_FIELDS

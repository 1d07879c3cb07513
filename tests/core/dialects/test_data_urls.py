"""Media in URLs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftline_core.dialects.data_urls import data_url, read_data_url
from weftline_core.errors import CallerError


@pytest.mark.parametrize(
    ("url", "mime", "data"),
    [
        ("data:text/plain;charset=utf-8;base64,AA", "text/plain", "AA"),
        ("data:;base64,AA", None, "AA"),
        ("DATA:Image/PNG;BASE64,", "image/png", ""),
    ],
)
def test_a_url_is_read(url: str, mime: str | None, data: str) -> None:
    assert read_data_url(url, "p") == (mime, data)


@pytest.mark.parametrize("url", ["data:image/png,raw", "data:image/png;base64", "data:", "data:,"])
def test_what_is_not_in_base64_is_told_with_its_path(url: str) -> None:
    with pytest.raises(CallerError) as told:
        read_data_url(url, "a.b")
    assert told.value.param == "a.b"


@given(st.sampled_from(["image/png", "application/pdf"]), st.text("AZaz09+/=", max_size=9))
def test_what_is_written_is_read_again(mime: str, data: str) -> None:
    assert read_data_url(data_url(mime, data), "p") == (mime, data)

"""Names and ids."""

import random

import pytest

from weftline_core.ids import (
    MODEL_NAME_CHARS_MAX,
    NAME_CHARS_MAX,
    model_name_problem,
    name_problem,
    new_request_id,
    stem_of,
)


@pytest.mark.parametrize("name", ["ams", "iad-1", "a", "0", "eu.west_1", "x" * NAME_CHARS_MAX])
def test_good_names(name: str) -> None:
    assert name_problem(name) is None


@pytest.mark.parametrize(
    "name", ["", "AMS", "-a", "a-", "a b", "a/b", "ä", "a\n", "x" * (NAME_CHARS_MAX + 1), "a\x00b"]
)
def test_bad_names_are_told_why(name: str) -> None:
    assert "not a valid name" in (name_problem(name) or "")


@pytest.mark.parametrize(
    "name", ["openai/gpt-5", "@cf/meta/llama-3.1-8b", "together/Llama-3:free", "m"]
)
def test_good_model_names(name: str) -> None:
    assert model_name_problem(name) is None


@pytest.mark.parametrize(
    "name", ["", "/a", "a/", "a b", "a\r\nx: y", "x" * (MODEL_NAME_CHARS_MAX + 1)]
)
def test_bad_model_names_are_told_why_and_cut_short(name: str) -> None:
    problem = model_name_problem(name) or ""
    assert "not a valid model name" in problem
    assert len(problem) < MODEL_NAME_CHARS_MAX + 120


def test_request_ids_sort_by_time_and_differ() -> None:
    rng = random.Random(1)
    ids = [new_request_id(ms, rng) for ms in (5, 5, 1_800_000_000_000)]
    assert len(set(ids)) == 3
    assert ids[-1] == max(ids)
    assert all(len(i) == len("req_") + 32 for i in ids)


def test_an_answers_ids_share_the_stem_of_the_requests() -> None:
    assert stem_of("req_0123") == "0123"
    assert stem_of("of-its-own") == "of-its-own"

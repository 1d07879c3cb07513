"""The small language model."""

import random
import time

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from weftline_bench.ngram import (
    Generation,
    NgramModel,
    Sampling,
    built_in,
    first_stop,
    held_back,
    tokenize,
)

TEXT = "The lamp is lit. The lamp is out. A rider waits.\n\nThe horse is warm."


def said(prompt: str, sampling: Sampling, seed: int = 1, model: NgramModel | None = None) -> str:
    return "".join(Generation(model or built_in(), prompt, sampling, random.Random(seed)))


@given(text=st.text(max_size=200))
def test_tokens_joined_are_the_text(text: str) -> None:
    assert "".join(tokenize(text)) == text


def test_the_same_seed_says_the_same_and_another_something_else() -> None:
    sampling = Sampling(60)
    answers = [said("Tell me about the sea.", sampling, seed) for seed in range(8)]
    assert answers == [said("Tell me about the sea.", sampling, seed) for seed in range(8)]
    assert len(set(answers)) > 4


def test_temperature_0_needs_no_seed() -> None:
    model = NgramModel(TEXT)
    answers = {said("rider", Sampling(20, temperature=0), seed, model) for seed in range(5)}
    assert answers == {"A rider waits."}


def test_the_answer_takes_up_a_word_of_the_prompt() -> None:
    answers = [said("surveyor", Sampling(40), seed) for seed in range(20)]
    about = sum("surveyor" in answer.lower() for answer in answers)
    assert about >= 10, "the sentence it begins with holds the word"


@pytest.mark.parametrize("tokens_max", [1, 2, 7])
def test_the_length_limit_holds(tokens_max: int) -> None:
    words = Generation(built_in(), "hello", Sampling(tokens_max), random.Random(3))
    assert tokenize("".join(words))[tokens_max:] == []
    assert (words.tokens, words.finish_reason) == (tokens_max, "length")


def test_an_answer_ends_by_itself_at_the_end_of_a_paragraph() -> None:
    words = Generation(built_in(), "hello", Sampling(10_000), random.Random(3))
    assert "".join(words)[-1] in ".?!"
    assert words.finish_reason == "stop"


def test_only_words_of_the_text_are_said() -> None:
    known = set(TEXT.replace(".", "").split())
    for seed in range(20):
        answer = said("anything", Sampling(50, temperature=2.0), seed, NgramModel(TEXT))
        assert set(answer.replace(".", "").split()) <= known


@given(seed=st.integers(0, 999), stop=st.sampled_from([" the", "house", ". She", "e r", "."]))
def test_a_stop_text_ends_the_answer_and_is_no_part_of_it(seed: int, stop: str) -> None:
    free = said("the house", Sampling(80), seed)
    stopped = said("the house", Sampling(80, stop=(stop,)), seed)
    assert stopped == free.split(stop)[0]


@given(
    text=st.text(alphabet="ab", max_size=12),
    stops=st.lists(st.text(alphabet="ab", min_size=1, max_size=4), max_size=3).map(tuple),
)
def test_what_is_held_back_is_the_longest_beginning_of_a_stop(
    text: str, stops: tuple[str, ...]
) -> None:
    found = [text.index(stop) for stop in stops if stop in text]
    assert first_stop(text, stops) == min(found, default=None)
    assume(not found)
    beginnings = {stop[:n] for stop in stops for n in range(1, len(stop))}
    ends = [n for n in range(1, len(text) + 1) if text[-n:] in beginnings]
    assert held_back(text, stops) == max(ends, default=0)


def test_a_very_low_temperature_is_no_overflow() -> None:
    assert said("rider", Sampling(30, temperature=1e-9))


def test_training_is_quick() -> None:
    begin = time.process_time()
    built_in.cache_clear()
    built_in()
    assert time.process_time() - begin < 0.3

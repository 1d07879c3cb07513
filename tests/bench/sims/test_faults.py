"""What goes wrong with an answer."""

from dataclasses import replace

import pytest

from weftline_bench.sims.exchange import Trouble
from weftline_bench.sims.faults import NO_FAULTS, Faults, parse_faults, refused_by, shaped
from weftline_bench.sims.flavour import Options
from weftline_bench.sims.flavours import FLAVOURS
from weftline_bench.sims.script import Script

OPENAI = FLAVOURS["openai"]
STREAM = OPENAI.render(Script("a b"), Options(stream=True))


def frames(faults: Faults) -> list[bytes]:
    return list(shaped(OPENAI, STREAM, faults).frames)


def test_faults_are_read_from_text() -> None:
    assert parse_faults("") == NO_FAULTS
    assert parse_faults("trouble=rate_limited; delay_s=0.5;twice ; cut_at=7; cut=close") == Faults(
        trouble=Trouble.RATE_LIMITED, delay_s=0.5, twice=True, cut_at=7, cut="close"
    )


@pytest.mark.parametrize("text", ["bogus=1", "cut_at=x", "cut=softly", "trouble=none"])
def test_wrong_faults_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"bogus|int|cut|trouble"):
        parse_faults(text)


def test_no_faults_change_nothing() -> None:
    assert shaped(OPENAI, STREAM, NO_FAULTS) == STREAM


def test_frames_are_left_out_repeated_and_broken() -> None:
    sent = list(STREAM.frames)
    assert frames(Faults(no_terminal=True)) == sent[:-1]
    assert frames(Faults(frames_max=1)) == sent[:1]
    assert frames(Faults(twice=True)) == [sent[0], *sent]
    assert frames(Faults(garble_at=1))[1] == sent[1][:-5] + b"\n\n"
    assert frames(Faults(garble_at=99)) == sent
    assert frames(Faults(keep_alives=2)) == [b"\n", b"\n", *sent]


def test_an_error_takes_the_place_of_the_rest() -> None:
    cut = frames(Faults(error_after=2, error=Trouble.RATE_LIMITED))
    assert cut[:2] == list(STREAM.frames[:2])
    assert b"rate_limit_exceeded" in cut[2]
    assert len(cut) == 3


def test_a_binary_frame_gets_a_wrong_last_byte() -> None:
    binary = replace(STREAM, frames=(b"\x00\x01",))
    assert shaped(OPENAI, binary, Faults(garble_at=0)).frames == (b"\x00\xfe",)


def test_the_content_type_is_wrong_and_the_trouble_is_told() -> None:
    wrong = shaped(OPENAI, STREAM, Faults(content_type="text/html"))
    assert wrong.headers["content-type"] == "text/html"
    refused = refused_by(Faults(trouble=Trouble.OVERLOADED, status=498))
    assert refused is not None
    assert OPENAI.refusal(refused).status == 498
    assert refused_by(NO_FAULTS) is None

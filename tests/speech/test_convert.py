"""Any sound becomes one that PBXs play, as loud as the others; what is none is told."""

import io
import sys
import wave

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speech import convert as module
from speech.convert import converted
from speech.errors import BadSound, SpeechError
from tests.speech.sounds import file_of, heard, pitch, power, tone

FORMS = [
    ("WAV", "PCM_16"), ("WAV", "PCM_24"), ("WAV", "PCM_U8"), ("WAV", "FLOAT"), ("WAV", "ULAW"),
    ("FLAC", "PCM_16"), ("OGG", "VORBIS"), ("OGG", "OPUS"), ("MP3", None),
]  # fmt: skip


@pytest.mark.parametrize(("form", "subtype"), FORMS)
@pytest.mark.parametrize("rate", [8_000, 16_000])
def test_every_usual_form_is_read(form: str, subtype: str | None, rate: int) -> None:
    both = np.stack([tone(440, 1.0, 48_000), tone(440, 1.0, 48_000)], axis=1)
    made = converted(file_of(both, 48_000, form, subtype), "a.wav", rate)
    with wave.open(io.BytesIO(made)) as file:
        assert file.getparams()[:3] == (1, 2, rate)
    samples, _ = heard(made)
    assert len(samples) == pytest.approx(rate, rel=0.1)
    assert pitch(samples, rate) == pytest.approx(440, abs=3)


@pytest.mark.parametrize("height", [0.005, 0.02, 0.3, 1.0])
def test_the_quiet_and_the_loud_become_alike(height: float) -> None:
    samples, _ = heard(converted(file_of(tone(height=height), 44_100), "a.wav"))
    assert power(samples) == pytest.approx(-20, abs=0.5)


def test_pauses_do_not_count_and_no_peak_is_cut() -> None:
    pause = np.concatenate([tone(), np.zeros(44_100), tone()])
    samples, _ = heard(converted(file_of(pause, 44_100), "a.wav"))
    spoken = samples[: 4000 - 400]
    assert power(spoken) == pytest.approx(-20, abs=0.5)

    clicks = np.zeros(44_100)
    clicks[::4410] = 0.9
    clicks += tone(seconds=1, height=0.01)
    samples, _ = heard(converted(file_of(clicks, 44_100), "a.wav"))
    assert np.abs(samples).max() == pytest.approx(10 ** (-1 / 20), abs=0.01)


def test_what_never_moves_the_membrane_is_taken_away() -> None:
    samples, _ = heard(converted(file_of(tone(height=0.1) + 0.5, 44_100), "a.wav"))
    assert abs(samples.mean()) < 0.001


def test_samples_beyond_all_measure_are_borne() -> None:
    wild = tone()
    wild[:4] = [np.inf, -np.inf, np.nan, 1e30]
    made = converted(file_of(wild, 44_100, "WAV", "DOUBLE"), "a.wav")
    assert np.isfinite(heard(made)[0]).all()


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "it is no sound that can be read; expected WAV, FLAC, Ogg or MP3"),
        (b"hello, this is a text\n" * 50, "it is no sound that can be read"),
        (file_of(np.zeros(8000), 8000).getvalue(), "it is silent"),
        (file_of(np.zeros(0), 8000).getvalue(), "it is silent"),
        (file_of(tone(height=0.001), 44_100).getvalue(), "it is silent"),
        (file_of(tone(rate=4000, seconds=601), 4000).getvalue(), "it is longer than 10 minutes"),
        (file_of(tone(rate=100), 100).getvalue(), "it has 100 samples a second"),
        (file_of(np.zeros((9, 9)), 8000).getvalue(), "it has 9 channels; expected 8 at most"),
        (file_of(tone(), 44_100, "AIFF").getvalue(), "it is a sound of the form AIFF"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_sound_for_a_telephone_is_told(data: bytes, why: str) -> None:
    with pytest.raises(BadSound, match=rf"^prompts/a\.wav: {why}"):
        converted(io.BytesIO(data), "prompts/a.wav")


def test_a_file_that_claims_to_be_long_is_read_no_further_than_it_goes() -> None:
    data = bytearray(file_of(tone(seconds=0.3, rate=8000), 8000).getvalue())
    data[4:8] = data[40:44] = (2**32 - 1).to_bytes(4, "little")
    assert len(heard(converted(io.BytesIO(bytes(data)), "a.wav"))[0]) == 2400


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_bytes_do_harm(data: st.DataObject) -> None:
    whole = file_of(tone(seconds=0.05), 44_100, data.draw(st.sampled_from(["WAV", "FLAC", "OGG"])))
    raw = bytearray(whole.getvalue())
    for at in data.draw(st.lists(st.integers(0, len(raw) - 1), max_size=8)):
        raw[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(raw)))
    try:
        made, why = converted(io.BytesIO(bytes(raw[:cut])), "a.wav"), "a.wav: "
    except BadSound as told:
        made, why = file_of(tone(rate=8000), 8000).getvalue(), str(told)
    assert heard(made)[1] == 8000
    assert why.startswith("a.wav: ")
    assert why.isprintable()


@pytest.mark.parametrize("name", ["soundfile", "soxr"])
def test_without_the_libraries_that_is_told(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(SpeechError, match=r"install them with: pip install 'dialplane\[speech\]'"):
        module.converted(file_of(tone(), 44_100), "a.wav")

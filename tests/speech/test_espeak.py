"""A real eSpeak NG says what it is given, and does nothing else with it."""

import shlex
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from speech import espeak as module
from speech.errors import BadText, SpeechError
from speech.espeak import Espeak
from speech.texts import speakable
from tests.speech.sounds import heard, power

MEANT = "-<>[]/\\&;|$`'\"={}()%!?# \n\x01abz1é"
TEXTS = st.one_of(
    st.text(min_size=1, max_size=30),
    st.text(alphabet=st.sampled_from(MEANT), min_size=1, max_size=20),
    st.sampled_from(["--version", "-f /etc/passwd", "-w x.wav hello", "--help", "-", "-- a"]),
)


def length(sound: bytes) -> float:
    """Seconds."""
    samples, rate = heard(sound)
    return len(samples) / rate


def test_a_text_becomes_speech(voice: Espeak) -> None:
    short = voice.say("Hello.", "en-US", "")
    long = voice.say("Hello. You owe three hundred dollars, and seven cents.", "en-US", "")
    assert 0.2 < length(short) < 2 < length(long) < 8
    assert power(heard(long)[0]) > -35
    assert voice.say("Hello.", "en-US", "f2") != short


@pytest.mark.parametrize("language", ["es-MX", "de-AT", "pt-BR", "fr"])
def test_a_region_without_a_voice_of_its_own_has_the_language_s(
    voice: Espeak, language: str
) -> None:
    assert length(voice.say("Hola.", language, "")) > 0.2


def test_a_language_or_voice_that_there_is_not_is_told(voice: Espeak) -> None:
    with pytest.raises(SpeechError, match="no voice for the language 'xx-YY'"):
        voice.say("Hello.", "xx-YY", "")
    with pytest.raises(SpeechError, match=r"knows no voice 'nosuch'; those there are: .*f2, "):
        voice.say("Hello.", "en", "nosuch")
    with pytest.raises(SpeechError, match=r"knows no voice '-w/tmp/x'"):
        voice.say("Hello.", "en", "-w/tmp/x")
    with pytest.raises(SpeechError, match=r"'-w' is no language"):
        voice.say("Hello.", "-w", "")


def test_markup_and_phonemes_are_read_out(voice: Espeak) -> None:
    plain = length(voice.say("hi", "en", ""))
    assert length(voice.say("<s>hi</s>", "en", "")) > 2 * plain
    assert length(voice.say("<audio src='x'>hi</audio>", "en", "")) > 2 * plain
    phonemes = voice.say("[[h@l'oU w'3:ld]]", "en", "")
    assert phonemes == voice.say("[ [h@l'oU w'3:ld]]", "en", "")
    assert phonemes != voice.say("hello world", "en", "")


@pytest.fixture(scope="module")
def told(espeak: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Espeak, Path]:
    """A real voice behind a script that writes down what it was started with and given."""
    folder = tmp_path_factory.mktemp("told")
    script = folder / "espeak-ng"
    words, given_ = shlex.quote(str(folder / "words")), shlex.quote(str(folder / "given"))
    script.write_text(
        f"#!/bin/sh\nprintf '%s\\n' \"$@\" >{words}\n"
        f'tee {given_} | {shlex.quote(str(espeak))} "$@"\n'
    )
    script.chmod(0o755)
    return Espeak(str(script)), folder


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=TEXTS)
@example(text="--version")
@example(text="-w said.wav")
@example(text="<break time='60s'/>[[h@loU]]")
@example(text="$(id) `id` ${SHELL}; id | id")
def test_no_text_becomes_an_option_or_is_lost(told: tuple[Espeak, Path], text: str) -> None:
    engine, folder = told
    try:
        said = speakable(text)
    except BadText:
        return  # no voice is given it
    sound = engine.say(said, "en-US", "")
    words = (folder / "words").read_text().splitlines()
    assert words[:-1] == ["--stdin", "-b", "1", "-v", "en-us", "-w"]
    assert Path(words[-1]).name == "said.wav"
    assert (folder / "given").read_text() == said.replace("[[", "[ [")
    assert sound[:4] == b"RIFF"


def program(folder: Path, script: str) -> Espeak:
    path = folder / "espeak-ng"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return Espeak(str(path))


def test_a_program_that_is_missing_is_told_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SpeechError, match=r"not on this machine: install it \(apt-get install"):
        Espeak(str(tmp_path / "espeak-ng")).say("Hello.", "en", "")
    (tmp_path / "espeak-ng").write_text("")
    with pytest.raises(SpeechError, match="may not be run: install it"):
        Espeak(str(tmp_path / "espeak-ng")).say("Hello.", "en", "")


def test_one_that_hangs_or_fails_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SECONDS", 0.2)
    with pytest.raises(SpeechError, match=r"not said a text within 0\.2 s"):
        program(tmp_path, "exec sleep 60").say("Hello.", "en", "")
    with pytest.raises(SpeechError, match="not said a text: no room"):
        program(tmp_path, "echo no room >&2; exit 1").say("Hello.", "en", "")
    with pytest.raises(SpeechError, match="it gave no reason"):
        program(tmp_path, "exit 0").say("Hello.", "en", "")

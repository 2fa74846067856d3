"""The part `[speech]` of the settings."""

from pathlib import Path

import pytest

from speech.engine import Chosen
from speech.sounds import Sounds
from workers.settings import Settings, SettingsError
from workers.settings_file import load_settings
from workers.speaking import sounds_of

SECRET = "s3cret-of-the-voice"
HTTP = f"""
[speech]
engine = "http"
url = "https://voice.example.com/say"
secret = "{SECRET}"
voice = "ana"
cache = "/srv/said"
played_from = "/mnt/said"
megabytes = 20
days = 1.5
at_once = 9
"""


def load(home: Path, text: str, **environ: str) -> Settings:
    (home / "dialplane.toml").write_text(text, encoding="utf-8")
    return load_settings(home, environ)


def test_without_a_word_it_is_espeak_in_the_site_s_folder(tmp_path: Path) -> None:
    settings = load(tmp_path, "")
    assert settings.speech.chosen == Chosen()
    assert sounds_of(settings).cache.folder == tmp_path / "speech"


def test_everything_can_be_chosen(tmp_path: Path) -> None:
    settings = load(tmp_path, HTTP)
    url = "https://voice.example.com/say"
    assert settings.speech.chosen == Chosen("http", "ana", "espeak-ng", url, SECRET)
    made = sounds_of(settings)
    assert isinstance(made, Sounds)
    assert (made.voice, made.played_from) == ("ana", "/mnt/said")
    assert (settings.speech.days, settings.speech.at_once) == (1.5, 9)
    assert made.engine.identity == f"http {url}"
    for text in (repr(settings), settings.model_dump_json(), repr(settings.speech.chosen)):
        assert SECRET not in text


def test_the_environment_wins(tmp_path: Path) -> None:
    settings = load(tmp_path, HTTP, DIALPLANE_SPEECH_ENGINE="espeak", DIALPLANE_SPEECH_PROGRAM="/e")
    assert (settings.speech.engine, settings.speech.program) == ("espeak", "/e")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('engine = "say"', "engine: expected one of espeak, http"),
        ('engine = "http"', "url: expected https://host/path (http:// only for 127.0.0.1"),
        ('url = "http://voice.example.com/"', "url: expected https://host/path"),
        ('voice = "-w /tmp/x"', "voice: expected a name of letters"),
        ('secret = "two words"', "secret: expected one word without spaces"),
        ('played_from = "/srv/a b"', "played_from: expected a folder as the PBX sees it"),
        ('played_from = "/srv/a),System(id)"', "played_from: expected a folder"),
        ('played_from = "said"', "played_from: expected a folder"),
        ("days = 0", "days: expected a number of days from 0.01 to 3650"),
        ("at_once = 0", "at_once: expected a whole number from 1 to 64"),
        ("megabytes = 0", "megabytes: expected a whole number from 1"),
        (
            "speed = 2",
            "speed: no such key; expected one of at_once, cache, days, engine",
        ),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsError) as wrong:
        load(tmp_path, f"[speech]\n{text}\n")
    assert str(wrong.value).startswith(f"{tmp_path}/dialplane.toml: speech.{said}")


def test_a_secret_that_is_wrong_is_not_shown(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as wrong:
        load(tmp_path, f'[speech]\nsecret = "{SECRET} {SECRET}"\n')
    assert SECRET not in str(wrong.value)

"""A real eSpeak NG: the machine's own goes first, and one that was fetched has its data."""

import subprocess
from pathlib import Path

import pytest

from lab.errors import LabError
from lab.voice import find_espeak


@pytest.fixture
def no_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with nothing in it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def test_the_machine_s_own_goes_first(no_programs: Path) -> None:
    own = no_programs / "espeak-ng"
    own.write_text("#!/bin/sh\n")
    own.chmod(0o755)
    assert find_espeak() == own


def test_it_finds_its_voices_wherever_it_is_run(espeak: Path, tmp_path: Path) -> None:
    made = tmp_path / "hello.wav"
    words = [str(espeak), "-v", "en-us", "-w", str(made), "--stdin"]
    subprocess.run(words, input=b"Hello.", check=True, cwd="/", env={"PATH": "/usr/bin:/bin"})
    assert made.stat().st_size > 5000


def test_a_folder_without_the_data_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    monkeypatch.setattr("lab.voice.installed", lambda _: tmp_path)
    with pytest.raises(LabError, match="holds no data of eSpeak NG: remove the folder"):
        find_espeak()

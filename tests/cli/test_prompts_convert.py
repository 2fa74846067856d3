"""`dialplane prompts convert`."""

from pathlib import Path
from typing import Any

import pytest

from tests.speech.sounds import file_of, heard, tone


@pytest.fixture
def hello(tmp_path: Path) -> Path:
    """A sound that somebody brings."""
    path = tmp_path / "hello.mp3"
    path.write_bytes(file_of(tone(), 44_100, "MP3").getvalue())
    (tmp_path / "folder").mkdir()
    (tmp_path / "hello.txt").write_text("no sound\n" * 99)
    return path


@pytest.mark.parametrize(("out", "rate"), [("a.wav", 8000), ("deep/a.wav16", 16_000)])
def test_a_sound_is_converted(run: Any, hello: Path, tmp_path: Path, out: str, rate: int) -> None:
    ran = run("prompts", "convert", hello, "--out", tmp_path / out)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"made {tmp_path / out}: 0.5")
    assert heard((tmp_path / out).read_bytes())[1] == rate


@pytest.mark.parametrize(
    ("file", "out", "why"),
    [
        ("hello.txt", "a.wav", "hello.txt: it is no sound that can be read"),
        ("nosuch.mp3", "a.wav", "nosuch.mp3: there is no such file"),
        ("folder", "a.wav", "folder: it is a folder"),
        ("hello.mp3", "a.mp3", "a.mp3: expected a name that ends in .wav or .wav16"),
        ("hello.mp3", "hello.txt/a.wav", "hello.txt/a.wav: it cannot be written: "),
    ],
)
def test_what_cannot_be_converted_is_told(
    run: Any, hello: Path, tmp_path: Path, file: str, out: str, why: str
) -> None:
    ran = run("prompts", "convert", tmp_path / file, "--out", tmp_path / out)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith(f"{tmp_path}/{why}")

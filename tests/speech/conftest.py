"""Voices: a real one, and one that says a beep and counts."""

import threading
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from speech.cache import Cache
from speech.engine import Chosen, open_engine
from speech.espeak import Espeak
from speech.sounds import Sounds
from tests.speech.sounds import file_of, tone


@dataclass
class Beep:
    """An engine whose texts all sound alike."""

    identity: str = "beep"
    said: list[tuple[str, str, str]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def say(self, text: str, language: str, voice: str) -> bytes:
        with self._lock:
            self.said.append((text, language, voice))
        return file_of(tone(), 44_100).getvalue()


@pytest.fixture
def beep() -> Beep:
    return Beep()


@pytest.fixture
def sounds(beep: Beep, tmp_path: Path) -> Sounds:
    """What the beep says, kept in a folder of the test's."""
    return Sounds(beep, Cache(tmp_path / "kept"))


@pytest.fixture
def voice(espeak: Path) -> Espeak:
    """A real eSpeak NG."""
    engine = open_engine(Chosen(program=str(espeak)))
    assert isinstance(engine, Espeak)
    return engine

"""WAV files as a PBX plays them: one channel, 16 bits."""

import io
import wave
from pathlib import Path

RATE = 8000
"""Hertz. Asterisk plays a `.wav` of 8 kHz and nothing else; a `.wav16` has 16."""


def wav(frames: bytes, rate: int = RATE) -> bytes:
    """A file of these 16-bit samples, the lower byte first."""
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes(frames)
    return made.getvalue()


def silence(seconds: float, rate: int = RATE) -> bytes:
    """A file in which there is nothing to hear."""
    return wav(bytes(2 * int(seconds * rate)), rate)


def is_playable(path: Path, rate: int = RATE) -> bool:
    """Whether it is such a file, whole, with something in it."""
    try:
        with wave.open(str(path)) as file:
            told = (file.getnchannels(), file.getsampwidth(), file.getframerate())
            there = len(file.readframes(file.getnframes())) // 2
            return told == (1, 2, rate) and 0 < there == file.getnframes()
    except (OSError, EOFError, wave.Error):
        return False

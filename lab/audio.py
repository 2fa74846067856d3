"""Reads what a recording number or phone heard."""

import math
import struct
import wave
from pathlib import Path


def whole(recording: Path) -> bool:
    """Whether Asterisk has finished the WAV file, which it does when the call has ended."""
    try:
        with wave.open(str(recording)) as file:
            told: int = file.getnframes() * file.getsampwidth() * file.getnchannels()
    except (FileNotFoundError, EOFError, wave.Error):
        return False
    return 0 < told == recording.stat().st_size - 44


def seconds(recording: Path) -> float:
    """The length so far, of one that is still being written as well."""
    return max(0, recording.stat().st_size - 44) / 16_000 if recording.exists() else 0.0


def strength(recording: Path, hertz: float) -> float:
    """How strong one frequency is in a whole recording, per sample (Goertzel's algorithm)."""
    with wave.open(str(recording)) as file:
        rate, raw = file.getframerate(), file.readframes(file.getnframes())
    factor = 2 * math.cos(2 * math.pi * hertz / rate)
    before = last = 0.0
    for (sample,) in struct.iter_unpack("<h", raw):
        before, last = last, sample + factor * last - before
    power = before**2 + last**2 - factor * before * last
    return math.sqrt(max(0.0, power)) * 2 / max(1, len(raw))

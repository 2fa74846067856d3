"""Reads what a recording number or phone heard."""

import math
import struct
import wave
from collections.abc import Sequence
from pathlib import Path

PIECE_SECONDS = 0.1


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
    """How strong one frequency is in a whole recording, per sample: the mean of its pieces.

    A frame that was lost on a busy machine shifts the phase of what follows. Measured in one piece,
    a tone would then put itself out.
    """
    with wave.open(str(recording)) as file:
        rate, raw = file.getframerate(), file.readframes(file.getnframes())
    samples = [sample for (sample,) in struct.iter_unpack("<h", raw)]
    length = int(rate * PIECE_SECONDS)
    pieces = [samples[at : at + length] for at in range(0, len(samples) - length + 1, length)]
    return sum(_goertzel(piece, hertz / rate) for piece in pieces) / max(1, len(pieces))


def _goertzel(samples: Sequence[int], turns: float) -> float:
    """The amplitude, per sample, of what turns this often from one sample to the next.

    Goertzel, An Algorithm for the Evaluation of Finite Trigonometric Series, 1958.
    """
    factor = 2 * math.cos(2 * math.pi * turns)
    before = last = 0.0
    for sample in samples:
        before, last = last, sample + factor * last - before
    power = before**2 + last**2 - factor * before * last
    return math.sqrt(max(0.0, power)) / len(samples)

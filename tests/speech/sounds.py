"""Sounds for tests, and what is in them."""

import io
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from speech.loudness import Samples


def tone(
    hertz: float = 440, seconds: float = 0.5, rate: int = 44_100, height: float = 0.3
) -> Samples:
    """A sine wave."""
    return height * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)


def file_of(
    samples: NDArray[np.float64], rate: int, form: str = "WAV", subtype: str | None = None
) -> io.BytesIO:
    """The samples as a sound file."""
    made = io.BytesIO()
    soundfile.write(made, samples, rate, format=form, subtype=subtype)
    made.seek(0)
    return made


def heard(data: bytes | Path) -> tuple[Samples, int]:
    """The samples of a sound, full scale being 1, and their rate."""
    samples, rate = soundfile.read(io.BytesIO(data) if isinstance(data, bytes) else data)
    return samples, rate


def power(samples: Samples) -> float:
    """In dB below full scale."""
    return 10 * float(np.log10((samples**2).mean()))


def pitch(samples: Samples, rate: int) -> float:
    """The strongest frequency, in hertz."""
    strengths = np.abs(np.fft.rfft(samples))
    return float(strengths.argmax()) * rate / len(samples)

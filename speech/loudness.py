"""One loudness for all prompts, so that a caller hears no jump between a recording and a voice."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Samples: TypeAlias = NDArray[np.float64]
LEVEL = -20.0
"""dB below full scale: what is spoken has this much power (root mean square), its pauses apart."""
PEAK = -1.0
"""dB below full scale: no sample is louder, or the level gives way."""
QUIETEST = -50.0
"""dB: where not even the loudest moment has this much, nothing was recorded."""
PAUSE = 30.0
"""dB: what is so much quieter than the loudest moment is a pause, and does not count."""
MOMENT = 0.05  # seconds


def loudest(samples: Samples, rate: int) -> float:
    """The power of the loudest moment, in dB below full scale; of nothing, minus infinity."""
    moments = _moments(samples, rate)
    return _decibel(float(moments.max())) if moments.size else -np.inf


def levelled(samples: Samples, rate: int) -> Samples:
    """The same, as loud as all. Of samples that hold something."""
    moments = _moments(samples, rate)
    spoken = moments[moments >= moments.max() * 10 ** (-PAUSE / 10)]
    gain = 10 ** ((LEVEL - _decibel(float(spoken.mean()))) / 20)
    highest = 10 ** (PEAK / 20) / float(np.abs(samples).max())
    return samples * min(gain, highest)


def _moments(samples: Samples, rate: int) -> Samples:
    """The power of each, the last one filled with silence."""
    length = max(1, int(rate * MOMENT))
    filled = np.pad(samples, (0, -len(samples) % length))
    return np.asarray((filled.reshape(-1, length) ** 2).mean(axis=1))


def _decibel(power: float) -> float:
    return 10 * float(np.log10(power)) if power > 0 else -np.inf

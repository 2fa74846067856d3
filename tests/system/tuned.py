"""Every prompt of a campaign's flows as a tone of its own, and the tones in a recording."""

import wave
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from campaigns.flow.flow import Flow
from speech.wav import wav
from tests.speech.sounds import tone

SECONDS = 0.4
LOWEST, STEP, HIGHEST = 600, 130, 3300
"""Hertz: what a telephone carries, above the others' tones and apart by more than a piece blurs."""
BEEP = "beep"
OTHERS = {440: BEEP, 700: BEEP}
"""What agents' phones 11xx and 13xx play; the first one also the PBX, before it records."""
RATE = 8000
PIECE = 400
"""Samples: a twentieth of a second."""
SHORTEST = 3
"""Pieces that a tone has to go on for."""
QUIET = 300.0
PURE = 0.95
"""So much of a piece's power lies about its strongest frequency, if it is a tone: what rings is two
of them, 40 Hz apart."""
NEAR = 30.0

Prompt: TypeAlias = tuple[str, str, bool]
"""Its flow, its name, and whether it is said with the values of a call."""


@dataclass(frozen=True, slots=True)
class Tuning:
    """What each prompt sounds like, in hertz."""

    hertz: dict[Prompt, int]

    def write(self, sounds: Path) -> None:
        """What lies on the PBX: without the values of a call."""
        for (flow, prompt, said), hertz in self.hertz.items():
            if not said:
                (sounds / flow).mkdir(exist_ok=True)
                (sounds / flow / f"{prompt}.wav").write_bytes(beep(hertz))

    def heard(self, recording: Path) -> list[str]:
        """What was heard, in order: prompts as FLOW.PROMPT, those said for the call with a `+`,
        and `beep`."""
        names = {hertz: shown(prompt) for prompt, hertz in self.hertz.items()}
        return [(names | OTHERS)[hertz] for hertz in tones(recording, names | OTHERS)]


def tuned(flows: Iterable[Flow]) -> Tuning:
    """A frequency for each prompt of the flows, a second one where it holds variables."""
    prompts = [
        (flow.name, prompt, said)
        for flow in flows
        for prompt in flow.prompts
        for said in ((False, True) if flow.spoken(prompt) else (False,))
    ]
    free = [hertz for hertz in range(LOWEST, HIGHEST, STEP) if abs(hertz - 700) > NEAR]
    return Tuning(dict(zip(prompts, free, strict=False)))


def shown(prompt: Prompt) -> str:
    flow, name, said = prompt
    return f"{flow}.{name}{'+' if said else ''}"


def beep(hertz: float) -> bytes:
    samples = (tone(hertz, SECONDS, RATE) * 32767).astype("<i2")
    return wav(samples.tobytes())


def tones(recording: Path, known: Iterable[int]) -> list[int]:
    """Which of the known tones are in a recording, in order; other sounds are passed over, and the
    same one twice on end is told once."""
    with wave.open(str(recording)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(float)
    pieces = samples[: len(samples) // PIECE * PIECE].reshape(-1, PIECE) * np.hanning(PIECE)
    strong = [_strongest(piece) for piece in pieces]
    near = [next((k for k in known if hertz and abs(hertz - k) < NEAR), 0) for hertz in strong]
    runs = [(hertz, len([*same])) for hertz, same in groupby(near)]
    return [hertz for hertz, _ in groupby(h for h, count in runs if h and count >= SHORTEST)]


def _strongest(piece: NDArray[np.float64]) -> float:
    """The frequency of a piece that is one tone; 0 for any other."""
    powers = np.abs(np.fft.rfft(piece)) ** 2
    top = int(powers.argmax())
    about = slice(max(0, top - 1), top + 2)
    if np.abs(piece).max() < QUIET or powers[about].sum() < PURE * powers.sum():
        return 0.0
    return float(np.average(np.arange(len(powers))[about], weights=powers[about])) * RATE / PIECE

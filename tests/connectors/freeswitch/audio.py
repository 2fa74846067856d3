"""The tones of the world behind a FreeSWITCH, and the two sides of a recording."""

import wave
from pathlib import Path

CUSTOMER, AGENT, SUPERVISOR = 1004, 440, 700  # Hz
LOUD, SILENT = 500, 100  # amplitude of 32,767


def sides(path: Path, into: Path) -> tuple[Path, Path]:
    """The two channels of a stereo recording, each in a file of its own."""
    with wave.open(str(path)) as file:
        rate, raw = file.getframerate(), file.readframes(file.getnframes())
    for side, name in enumerate(("left", "right")):
        mono = bytearray(len(raw) // 2)
        mono[0::2], mono[1::2] = raw[2 * side :: 4], raw[2 * side + 1 :: 4]
        with wave.open(str(into / name), "wb") as file:
            file.setparams((1, 2, rate, 0, "NONE", ""))
            file.writeframes(mono)
    return into / "left", into / "right"

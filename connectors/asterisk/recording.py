"""A recording as people want it: one stereo WAV, the customer left and the agent right.

Asterisk 18 to 23 can all write the two directions of a channel to two mono files that stay in
step (MixMonitor's `r` and `t`); its own two-channel format came with 20.11 and has no header. The
dialplan therefore writes `<path>-customer.wav` and `<path>-agent.wav`, and a worker joins them.
"""

import wave
from pathlib import Path
from typing import BinaryIO

RATE = 8000  # samples a second, of 16 bits
HEADER = 44  # bytes that Asterisk writes before the samples
CHUNK = 65_536


def parts(path: Path) -> tuple[Path, Path]:
    """The files of a recording: what the customer said, and what the agent said."""
    return path.with_name(f"{path.name}-customer.wav"), path.with_name(f"{path.name}-agent.wav")


def join(customer: BinaryIO, agent: BinaryIO, stereo: BinaryIO) -> None:
    """Write the two mono WAVs as one in stereo; the shorter one ends in silence.

    The lengths in the headers are not believed: a PBX that was killed has left them at zero.
    """
    customer.read(HEADER)
    agent.read(HEADER)
    with wave.open(stereo, "wb") as out:
        out.setparams((2, 2, RATE, 0, "NONE", "not compressed"))
        while True:
            left, right = customer.read(CHUNK), agent.read(CHUNK)
            if not left and not right:
                break
            out.writeframes(interleaved(left, right))


def interleaved(left: bytes, right: bytes) -> bytes:
    """Two runs of 16-bit samples as one of stereo frames."""
    length = max(len(left), len(right)) // 2 * 2
    frames = bytearray(2 * length)
    for at, samples in ((0, left), (2, right)):
        padded = samples[:length].ljust(length, b"\0")
        frames[at::4], frames[at + 1 :: 4] = padded[0::2], padded[1::2]
    return bytes(frames)

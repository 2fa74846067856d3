"""Any sound that people bring, made what PBXs play: 8 kHz, one channel, 16-bit WAV, one loudness.

libsndfile reads (WAV, FLAC, Ogg, MP3), libsoxr changes the rate; piece by piece, so that a small
file that claims to be long costs neither memory nor time.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, BinaryIO

import numpy as np

from speech.errors import BadSound, SpeechError
from speech.loudness import QUIETEST, Samples, levelled, loudest
from speech.wav import RATE, wav

LONGEST = 600.0
"""Seconds."""
FORMATS = frozenset({"WAV", "WAVEX", "RF64", "FLAC", "OGG", "MP3"})
READ = "WAV, FLAC, Ogg or MP3"
RATES = (4_000, 384_000)
MOST_CHANNELS = 8
PIECE = 1 << 16
LOUDEST = 1e6
"""Files of floating numbers may hold any; full scale is 1."""
MISSING = (
    "sounds cannot be converted: the libraries soundfile and soxr are missing; "
    "install them with: pip install 'dialplane[speech]'"
)


def converted(source: BinaryIO, name: str, rate: int = RATE) -> bytes:
    """The sound as a WAV file of that rate. `name`: what it is called in errors.

    Raises `BadSound` for what is no sound, too long or silent, and `SpeechError` where the
    libraries are missing.
    """
    samples = _samples(source, name, rate)
    if loudest(samples, rate) < QUIETEST:
        raise BadSound(f"{name}: it is silent; expected something to hear")
    whole = np.rint(levelled(samples, rate) * 32767)
    return wav(whole.astype("<i2").tobytes(), rate)


def _samples(source: BinaryIO, name: str, rate: int) -> Samples:
    """One channel at that rate, without what does not move the membrane."""
    soundfile, soxr = _libraries()
    with _opened(soundfile, source, name) as sound:
        stream = soxr.ResampleStream(sound.samplerate, rate, 1, dtype="float64", quality="HQ")
        pieces = [stream.resample_chunk(piece) for piece in _pieces(sound, name)]
    pieces.append(stream.resample_chunk(np.zeros(0), last=True))
    samples: Samples = np.concatenate(pieces)
    return samples - samples.mean() if samples.size else samples


def _pieces(sound: Any, name: str) -> Iterator[Samples]:
    """What is read, its channels mixed; never more than the longest sound has."""
    most, seen = LONGEST * sound.samplerate, 0
    for block in sound.blocks(blocksize=PIECE, dtype="float64", always_2d=True):
        seen += len(block)
        if seen > most:
            raise BadSound(f"{name}: it is longer than {LONGEST / 60:g} minutes")
        sane = np.clip(np.nan_to_num(block, posinf=0.0, neginf=0.0), -LOUDEST, LOUDEST)
        yield sane.mean(axis=1)


@contextmanager
def _opened(soundfile: ModuleType, source: BinaryIO, name: str) -> Iterator[Any]:
    try:
        with soundfile.SoundFile(source) as sound:
            _require_usual(sound, name)
            yield sound
    except soundfile.SoundFileError as wrong:
        raise BadSound(f"{name}: it is no sound that can be read; expected {READ}") from wrong


def _require_usual(sound: Any, name: str) -> None:
    low, high = RATES
    if sound.format not in FORMATS:
        raise BadSound(f"{name}: it is a sound of the form {sound.format}; expected {READ}")
    if not low <= sound.samplerate <= high:
        raise BadSound(
            f"{name}: it has {sound.samplerate} samples a second; expected {low} or more"
        )
    if sound.channels > MOST_CHANNELS:
        raise BadSound(
            f"{name}: it has {sound.channels} channels; expected {MOST_CHANNELS} at most"
        )


def _libraries() -> tuple[ModuleType, ModuleType]:
    try:
        import soundfile  # noqa: PLC0415 - an extra: who brings the PBX's own sounds needs none
        import soxr  # noqa: PLC0415
    except (ImportError, OSError) as missing:  # OSError: soundfile without its library
        raise SpeechError(MISSING) from missing
    return soundfile, soxr

"""The sounds of a flow's prompts, as they lie on a PBX: `dialplane/FLOW/NAME-HASH.wav`.

The hash is of what a sound is made from: a text with its language and voice, or a recording. So two
sounds never have one name, an earlier dialplan finds its own, and the name of a sound can be told
without making it. Somebody's own sound has the name of its prompt, and no hash: `NAME.wav`.
"""

import hashlib
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from campaigns.flow.flow import Flow, Recorded
from speech.cache import key_of
from speech.errors import BadSound, BadText, SpeechError
from speech.said import without_values
from speech.sounds import FORM, Sounds
from speech.texts import has_words, speakable
from speech.wav import is_playable, silence

T = TypeVar("T")

READY = frozenset({".gsm", ".ulaw", ".alaw", ".sln", ".sln16", ".g722"})
"""What a PBX plays as it is, and nobody else reads: it is copied."""
RATES = {".wav": 8_000, ".wav16": 16_000}
PLAYED = (*RATES, ".g729", ".g723", ".siren7", ".siren14", ".WAV", *sorted(READY))
NOTHING = 0.5
"""Seconds of silence for a text that is nothing but variables: a question needs some prompt."""
DIGITS = 12
"""Of a hash in a name: 48 bits, among the few sounds of one prompt."""


@dataclass(frozen=True, slots=True)
class Made:
    """A prompt's sound: its path below the PBX's folder of sounds, and what is in it."""

    path: Path
    data: bytes


def path_of(flow: Flow, prompt: str, folder: Path, sounds: Sounds) -> Path:
    """Where its sound is to be, below the PBX's folder of sounds; nothing is made or asked for it.

    `folder` is that of the flow file. Raises `BadText` and `OSError`.
    """
    found, ending = flow.prompts[prompt], ".wav"
    if isinstance(found, Recorded):
        file = folder / found.file
        ending = file.suffix if file.suffix in READY else ending
        with file.open("rb") as source:
            made_from = key_of(FORM, hashlib.file_digest(source, "sha256").hexdigest())
    else:
        made_from = _named(flow, prompt, lambda: _key(flow, prompt, sounds))
    return Path("dialplane", flow.name, f"{prompt}-{made_from[:DIGITS]}{ending}")


def sound_of(flow: Flow, prompt: str, folder: Path, sounds: Sounds) -> Made:
    """The sound of a prompt; `folder` is that of the flow file.

    Of a text with variables it is the one without their values. Raises `SpeechError` and `OSError`.
    """
    path, found = path_of(flow, prompt, folder, sounds), flow.prompts[prompt]
    if not isinstance(found, Recorded):
        return Made(path, _named(flow, prompt, lambda: _said(flow, prompt, sounds)))
    file = folder / found.file
    if file.suffix in READY:
        return Made(path, _copied(file))
    from speech.convert import converted  # noqa: PLC0415 - NumPy, and most files are ready

    with file.open("rb") as source:
        return Made(path, converted(source, str(file)))


def own_sounds(flow: Flow, prompt: str, root: Path, played: Collection[str] = PLAYED) -> list[Path]:
    """Sounds with the name of the prompt and nothing more, below a PBX's folder of sounds.

    `played`: the endings that the dialplan of this PBX plays them by. One for a single language is
    none of these: who hears another one would hear nothing.
    """
    found = sorted((root / "dialplane" / flow.name).glob(f"{prompt}.*"))
    return [path for path in found if path.suffix in played]


def missing(flow: Flow, folder: Path, root: Path, sounds: Sounds) -> Iterator[tuple[str, str]]:
    """The prompts that a PBX whose sounds are below `root` cannot play, each with the reason.

    `folder` is that of the flow file. Raises `OSError` for a recording that cannot be read.
    """
    for prompt in flow.prompts:
        ours = root / path_of(flow, prompt, folder, sounds)
        playable = own_sounds(flow, prompt, root) or [path for path in (ours,) if path.exists()]
        if not playable:
            yield prompt, f"there is no dialplane/{flow.name}/{prompt}.wav in {root}"
        elif wrong := next((why for path in playable if (why := _wrong(path))), ""):
            yield prompt, wrong


def unsayable(flow: Flow) -> Iterator[tuple[str, str]]:
    """The prompts whose text no voice can say, each with the reason."""
    for prompt in flow.prompts:
        if isinstance(flow.prompts[prompt], Recorded) or _is_silent(flow, prompt):
            continue
        try:
            speakable(without_values(flow, prompt).text)
        except BadText as why:
            yield prompt, str(why)


def _key(flow: Flow, prompt: str, sounds: Sounds) -> str:
    if _is_silent(flow, prompt):
        return key_of("silence")
    return sounds.key(without_values(flow, prompt))


def _said(flow: Flow, prompt: str, sounds: Sounds) -> bytes:
    if _is_silent(flow, prompt):
        return silence(NOTHING)
    return sounds.made(without_values(flow, prompt)).read_bytes()


def _is_silent(flow: Flow, prompt: str) -> bool:
    """Nothing is left of it without the values of a call."""
    return bool(flow.spoken(prompt)) and not has_words(without_values(flow, prompt).text)


def _named(flow: Flow, prompt: str, do: Callable[[], T]) -> T:
    """What is wrong is told with the prompt."""
    try:
        return do()
    except SpeechError as wrong:
        raise type(wrong)(f"the prompt '{prompt}' of the flow '{flow.name}': {wrong}") from wrong


def _copied(file: Path) -> bytes:
    data = file.read_bytes()
    if not data:
        raise BadSound(f"{file}: it is empty; expected a sound")
    return data


def _wrong(path: Path) -> str:
    """Why an Asterisk cannot play it; nothing where it can, as far as we know."""
    if path.suffix in RATES and not is_playable(path, RATES[path.suffix]):
        what = f"{RATES[path.suffix] // 1000} kHz, one channel, 16 bits"
        return f"{path} is no sound that an Asterisk plays: {what}"
    return "" if path.stat().st_size else f"{path} is empty"

"""The sounds of a flow's prompts, as they lie on a PBX: `dialplane/FLOW/NAME.wav`."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from campaigns.flow.flow import Flow, Recorded
from speech.convert import converted
from speech.errors import BadSound, SpeechError
from speech.said import without_values
from speech.sounds import Sounds
from speech.texts import has_words
from speech.wav import is_playable, silence

READY = frozenset({".gsm", ".ulaw", ".alaw", ".sln", ".sln16", ".g722"})
"""What a PBX plays as it is, and nobody else reads: it is copied."""
RATES = {".wav": 8_000, ".wav16": 16_000}
PLAYED = (*RATES, ".g729", ".g723", ".siren7", ".siren14", ".WAV", *sorted(READY))
NOTHING = 0.5
"""Seconds of silence for a text that is nothing but variables: a question needs some prompt."""


@dataclass(frozen=True, slots=True)
class Made:
    """A prompt's sound: its path below the PBX's folder of sounds, and what is in it."""

    path: Path
    data: bytes


def sound_of(flow: Flow, prompt: str, folder: Path, sounds: Sounds) -> Made:
    """The sound of a prompt; `folder` is that of the flow file.

    Of a text with variables it is the one without their values. Raises `SpeechError` and `OSError`.
    """
    found = flow.prompts[prompt]
    place = Path("dialplane") / flow.name / prompt
    if not isinstance(found, Recorded):
        return Made(place.with_name(f"{prompt}.wav"), _said(flow, prompt, sounds))
    file = folder / found.file
    if file.suffix in READY:
        return Made(place.with_name(f"{prompt}{file.suffix}"), _copied(file))
    with file.open("rb") as source:
        return Made(place.with_name(f"{prompt}.wav"), converted(source, str(file)))


def missing(flow: Flow, folder: Path) -> Iterator[tuple[str, str]]:
    """The prompts that a PBX whose sounds are in `folder` cannot play, each with the reason."""
    for prompt in flow.prompts:
        place = f"dialplane/{flow.name}/{prompt}"
        found = [path for root in ("", "*/") for path in folder.glob(f"{root}{place}.*")]
        playable = [path for path in found if path.suffix in PLAYED]
        if not playable:
            yield prompt, f"there is no {place}.wav in {folder}"
        elif wrong := next((why for path in playable if (why := _wrong(path))), ""):
            yield prompt, wrong


def _said(flow: Flow, prompt: str, sounds: Sounds) -> bytes:
    said = without_values(flow, prompt)
    if flow.spoken(prompt) and not has_words(said.text):
        return silence(NOTHING)
    try:
        return sounds.made(said).read_bytes()
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

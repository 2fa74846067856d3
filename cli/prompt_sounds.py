"""The sounds of flows, written for a PBX. What somebody has put there himself is left alone.

Beside the sounds of a flow lies a list of those that we have made, each with what was in it: a file
that is not on it, or not as it was, is somebody's own.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from campaigns.flow.flow import Flow
from cli.errors import InputError
from cli.files import unwritable
from speech.files import write_whole
from speech.prompts import PLAYED, Made, sound_of
from speech.sounds import Sounds
from workers.settings_file import load_settings
from workers.speaking import sounds_of

LIST = ".made-by-dialplane.json"
USUAL = (Path("/usr/share/asterisk/sounds"), Path("/var/lib/asterisk/sounds"))
SoundsFolder = Annotated[
    Path | None,
    typer.Option(help="The PBX's folder of sounds.", show_default="the PBX's, on this machine"),
]
NoSounds = Annotated[bool, typer.Option("--no-sounds", help="Leave out the sounds of the prompts.")]


@dataclass(frozen=True, slots=True)
class Written:
    """`made`: what was written. `kept`: prompts that have a sound which is not of our making."""

    made: list[Path] = field(default_factory=list)
    kept: list[Path] = field(default_factory=list)


def sounds_folder(named: Path | None) -> Path:
    """Where the PBX has its sounds. Raises `InputError` where that is nowhere."""
    if named is None:
        named = next((path for path in USUAL if path.is_dir()), None)
        if named is None:
            raise InputError(
                "no Asterisk's sounds are on this machine; name their folder: --sounds"
            )
    if not named.is_dir():
        raise InputError(f"{named}: there is no such folder; expected the PBX's folder of sounds")
    return named


def write_sounds(flows: Iterable[Flow], folder: Path, out: Path) -> Written:
    """Make the sounds of flows whose files are in `folder`, below the folder `out`.

    Each file is whole or not there. Raises `SpeechError`, and `InputError` for a place that cannot
    be written.
    """
    voice, written = sounds_of(load_settings()), Written()
    for flow in flows:
        _write(flow, folder, out / "dialplane" / flow.name, voice, written)
    return written


def _write(flow: Flow, folder: Path, into: Path, voice: Sounds, written: Written) -> None:
    ours = _ours(into)
    fresh: dict[str, str] = {}
    for prompt in flow.prompts:
        theirs = next((path for path in _sounds_of(prompt, into) if not _is_ours(path, ours)), None)
        if theirs is not None:
            written.kept.append(theirs)
            continue
        made = sound_of(flow, prompt, folder, voice)
        _put(into, made, written)
        fresh[made.path.name] = _digest(made.data)
    for name in ours.keys() - fresh.keys():
        if _is_ours(into / name, ours):
            (into / name).unlink(missing_ok=True)
    _store(into / LIST, json.dumps(fresh, indent=1).encode())


def _put(into: Path, made: Made, written: Written) -> None:
    path = into / made.path.name
    _store(path, made.data)
    written.made.append(path)


def _sounds_of(prompt: str, into: Path) -> Iterator[Path]:
    return (path for ending in PLAYED if (path := into / f"{prompt}{ending}").exists())


def _is_ours(path: Path, ours: dict[str, str]) -> bool:
    try:
        return ours.get(path.name) == _digest(path.read_bytes())
    except OSError:
        return False


def _ours(into: Path) -> dict[str, str]:
    """What is on the list; of one that cannot be read, nothing: all files are somebody's then."""
    try:
        held = json.loads((into / LIST).read_bytes())
    except (OSError, ValueError):
        return {}
    return {str(k): str(v) for k, v in held.items()} if isinstance(held, dict) else {}


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _store(path: Path, data: bytes) -> None:
    try:
        write_whole(path, data)
    except OSError as wrong:
        raise unwritable(path, wrong) from wrong

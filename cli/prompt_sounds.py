"""The sounds of flows, found or made, and written for a PBX. Somebody's own are left alone.

Theory. A sound of ours has a hash in its name (`speech.prompts`), and the rendering names it: who
writes a new one changes nothing that any dialplan plays. So all are made before one is written, all
are written before a PBX is to read the dialplan that names them, and those that no dialplan names
any more are removed last; killed in between, each dialplan has its sounds.

Beside the sounds of a flow lies a list of those that we have made (`cli.sound_list`): a file
that is not on it, or not as it was, is somebody's own. The list is written before the files that
are new on it, and after those that go are gone: so it always has all of ours. What has the name of
a prompt and is somebody's own is played in place of ours.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from campaigns.flow.flow import Flow
from campaigns.spec.errors import Finding, Problem, SpecError
from cli.errors import InputError
from cli.flow_world import problem_at
from cli.sound_list import below, digest, is_ours, ours_in, store, write_list
from speech.errors import BadSound, BadText, SpeechError
from speech.prompts import PLAYED, Made, own_sounds, path_of, sound_of
from speech.sounds import Sounds
from workers.settings_file import load_settings
from workers.speaking import sounds_of

USUAL = (Path("/usr/share/asterisk/sounds"), Path("/var/lib/asterisk/sounds"))
SoundsFolder = Annotated[
    Path | None,
    typer.Option(help="The PBX's folder of sounds.", show_default="the PBX's, on this machine"),
]
NoSounds = Annotated[bool, typer.Option("--no-sounds", help="Leave out the sounds of the prompts.")]


@dataclass(frozen=True, slots=True)
class Missing:
    """A prompt without a sound. `sound`: where one may be put; `why`: a sentence."""

    flow: str
    prompt: str
    sound: str
    why: str

    def __str__(self) -> str:
        return f"{self.why}; or record it yourself as {self.sound}"


@dataclass(frozen=True, slots=True)
class Found:
    """Sounds of flows, below the folder `out`.

    `played`: the endings that the PBX's dialplan plays by a sound's name. `names`: what the
    rendering is to call them, by flow and prompt; `fresh`: those to be written; `ours`: all that we
    have made, with these; `kept`: those that are not of our making.
    """

    out: Path | None
    played: Collection[str] = PLAYED
    names: dict[str, dict[str, str]] = field(default_factory=dict)
    fresh: list[Made] = field(default_factory=list)
    ours: list[Path] = field(default_factory=list)
    kept: list[Path] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)


Maker = Callable[[Flow, str, Path, Sounds], Made]
"""As `sound_of`, which raises what keeps a sound from being made."""


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


def named(flow: Flow, prompt: str, folder: Path, voice: Sounds) -> Made:
    """What a sound would be called that is not made: the maker for who only looks."""
    return Made(path_of(flow, prompt, folder, voice), b"")


def none_made(flow: Flow, prompt: str, _: Path, __: Sounds) -> Made:
    """The maker for who brings the sounds himself."""
    raise SpeechError(f"the prompt '{prompt}' of the flow '{flow.name}': no sound was to be made")


def find_sounds(
    flows: Iterable[tuple[Flow, Path]],
    out: Path | None,
    played: Collection[str],
    make: Maker = sound_of,
) -> Found:
    """The sounds of flows, each with its file; nothing is written.

    `played`: the endings that the PBX's dialplan plays by a sound's name.
    Those that are not below `out` are made; `missing` has what the voice could not. Raises
    `SpecError` and `OSError` for what is wrong with a prompt itself, and `SpeechError` where the
    settings choose no voice that there is.
    """
    voice, found = sounds_of(load_settings()), Found(out, played=played)
    for flow, file in flows:
        names = found.names.setdefault(flow.name, {})
        ours = ours_in(below(out, flow.name)) if out else {}
        for prompt in flow.prompts:
            names[prompt] = _found(flow, prompt, file, voice, make, ours, found)
    return found


def require_all(found: Found) -> None:
    """Raises `SpeechError` for the first prompt without a sound."""
    if found.missing:
        raise SpeechError(f"{found.missing[0]}. Nothing was changed.")


def write_sounds(found: Found) -> None:
    """Write what is fresh. Each file is whole or not there. Raises `InputError`."""
    if found.out is None:
        return
    for flow in found.names:
        into = below(found.out, flow)
        fresh = [made for made in found.fresh if made.path.parent.name == flow]
        if fresh:
            write_list(into, ours_in(into) | {made.path.name: digest(made.data) for made in fresh})
        for made in fresh:
            store(into / made.path.name, made.data)


def _found(
    flow: Flow,
    prompt: str,
    file: Path,
    voice: Sounds,
    make: Maker,
    ours: Mapping[str, str],
    found: Found,
) -> str:
    """What the rendering is to call the sound of a prompt, which is filed under what it is."""
    theirs = _theirs(flow, prompt, found, ours)
    if theirs:
        found.kept.append(theirs[0])
        return prompt
    try:
        path = path_of(flow, prompt, file.parent, voice)
        there = found.out / path if found.out else None
        if there is not None and there.exists():
            (found.ours if is_ours(there, ours) else found.kept).append(there)
            return path.stem
        made = make(flow, prompt, file.parent, voice)
    except (BadText, BadSound) as wrong:
        raise SpecError([_at_prompt(file, prompt, wrong)]) from wrong
    except SpeechError as why:
        place = (found.out or Path()) / "dialplane" / flow.name / f"{prompt}.wav"
        found.missing.append(Missing(flow.name, prompt, str(place), str(why)))
        return prompt
    found.fresh.append(made)
    found.ours.append((found.out or Path()) / path)
    return path.stem


def _at_prompt(file: Path, prompt: str, wrong: SpeechError) -> Problem:
    """What is wrong with a prompt, told at its line."""
    why = wrong.__cause__ if isinstance(wrong.__cause__, SpeechError) else wrong
    return problem_at(file, Finding(("prompts", prompt), str(why), at_key=True))


def _theirs(flow: Flow, prompt: str, found: Found, ours: Mapping[str, str]) -> list[Path]:
    """Sounds with the name of the prompt that somebody has brought."""
    there = own_sounds(flow, prompt, found.out, found.played) if found.out else []
    return [path for path in there if not is_ours(path, ours)]

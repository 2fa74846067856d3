"""`dialplane dialplan render`: what a flow, or a campaign, is on a PBX."""

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from campaigns.spec.guard import MAX_BYTES
from cli.dialplan_files import KINDS, Pbx, Rendering, Source, rendered
from cli.errors import InputError
from cli.files import read_bytes, unwritable
from cli.lazy import leaf_app
from cli.output import Json, emit, examples, say, warn
from cli.problems import problems_as_json
from cli.prompt_sounds import (
    Found,
    NoSounds,
    find_sounds,
    none_made,
    write_sounds,
)
from cli.sound_list import remove_unnamed
from dialplan_templates.render import DIALPLAN
from dialplan_templates.stamp import Stamp, stamp_of, stamped
from speech.files import write_whole

app = leaf_app()


@app.command(
    epilog=examples(
        "dialplane dialplan render survey.yaml --pbx asterisk --out ./asterisk",
        "dialplane dialplan render survey.yaml --pbx asterisk --out /etc/asterisk --no-sounds",
        "dialplane dialplan render survey.yaml --pbx freeswitch --out ./freeswitch",
        "dialplane dialplan render .dialplane/examples/progressive.yaml --pbx asterisk --out ./a",
    )
)
def render(
    file: Source,
    pbx: Pbx,
    out: Annotated[Path, typer.Option(help="The folder that the files go into.")],
    no_sounds: NoSounds = False,
    as_json: Json = False,
) -> None:
    """Write a flow, or a campaign's, as a dialplan, with the sounds of its prompts.

    One file for the flow and one for each that it calls: extensions.d/dialplane-flow-NAME.conf for
    Asterisk, dialplan/dialplane-flow-NAME.xml for FreeSWITCH; and for each prompt
    sounds/dialplane/FLOW/NAME-HASH.wav, made from its file, or said by the voice that the settings
    choose as 'speech'. Files of an earlier rendering are replaced, and no others; one that was
    changed since stops it before anything is written. A sound NAME.wav of your own, without a hash,
    is played in place of ours. Nothing is loaded: reload the PBX's dialplan for that. Of a campaign
    it is its flows, that of mode ivr and that of callers; and, on Asterisk, what its calls pass
    through, as 'dialplane pbx config' writes it: with the settings of the one that is there, else
    with the usual ones.

    Exit code 0 also where the voice could not say a text: the dialplan is of use, and what it lacks
    is told, with what to do.
    """
    with problems_as_json(file, as_json):
        made = rendered(file, pbx)
        sounds = _sounds(made, out / "sounds", no_sounds)
    flows = made.anew(sounds.names)
    calls = made.calls(_text(out / DIALPLAN))
    texts = {**calls, **{name: stamped(name, text) for name, text in flows.items()}}
    files = {out / name: text for name, text in texts.items()}
    for path, text in files.items():
        _require_ours(out, path, text)
    for flow in sounds.names:
        _require_inside(out, out / "sounds" / "dialplane" / flow)
    write_sounds(sounds)
    for path, text in files.items():
        _write(path, text)
    if not no_sounds:
        remove_unnamed(out / "sounds", sounds.names, texts.values())
    if as_json:
        emit({"pbx": pbx.value, **made.named, "files": [str(path) for path in files],
              "sounds": [str(path) for path in sounds.ours],
              "kept": [str(path) for path in sounds.kept],
              "missing": [asdict(each) for each in sounds.missing]})  # fmt: skip
    else:
        _tell(files, sounds, "" if files else f"{file}: nothing to write: {KINDS[pbx].calls_by}")
    for each in () if no_sounds else sounds.missing:
        warn(f"A sound is missing: {each}")


def _sounds(made: Rendering, out: Path, no_sounds: bool) -> Found:
    if not no_sounds:
        return find_sounds(made.flow_files, out, made.played)
    if not out.is_dir():
        return Found(None)
    return find_sounds(made.flow_files, out, made.played, none_made)


def _tell(files: Iterable[Path], sounds: Found, nothing: str) -> None:
    if nothing:
        say(nothing)
    for path in (*files, *sounds.ours):
        say(f"made {path}")
    for path in sounds.kept:
        say(f"kept {path}, which is not of our making")


def _require_ours(out: Path, path: Path, text: str) -> None:
    """Raises `InputError` for what is no rendering, or was changed since, or leads elsewhere."""
    _require_inside(out, path)
    if not path.exists():
        return
    has = _text(path)
    stamp = Stamp.WHOLE if has == text else stamp_of(has)
    if stamp is not Stamp.WHOLE:
        raise InputError(f"{path} is there already, and {WRONG[stamp]}; move it away first")


def _text(path: Path) -> str:
    """What stands there; empty: nothing."""
    return read_bytes(path, MAX_BYTES).decode("utf-8", "surrogateescape") if path.is_file() else ""


def _require_inside(out: Path, path: Path) -> None:
    """Raises `InputError` where a symbolic link below `out` leads elsewhere."""
    for part in (path, *path.parents):
        if part == out:
            break
        if part.is_symlink():
            raise InputError(f"{part} is a symbolic link, which may lead anywhere; move it away")


WRONG = {
    Stamp.NONE: "is no rendering",
    Stamp.BROKEN: "was changed by hand since it was rendered",
}


def _write(path: Path, text: str) -> None:
    try:
        write_whole(path, text.encode())
    except OSError as wrong:
        raise unwritable(path, wrong) from wrong

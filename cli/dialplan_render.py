"""`dialplane dialplan render`: a flow, and those that it calls, as files of a PBX."""

from pathlib import Path
from typing import Annotated

import typer

from campaigns.spec.guard import MAX_BYTES
from cli.dialplan_files import KINDS, Pbx, Rendering, rendered
from cli.errors import InputError
from cli.files import read_bytes, unwritable
from cli.lazy import leaf_app
from cli.output import Json, emit, examples, say
from cli.prompt_sounds import NoSounds, Written, write_sounds

app = leaf_app()


@app.command(
    epilog=examples(
        "dialplane dialplan render survey.yaml --pbx asterisk --out ./asterisk",
        "dialplane dialplan render survey.yaml --pbx asterisk --out /etc/asterisk --no-sounds",
        "dialplane dialplan render survey.yaml --pbx freeswitch --out ./freeswitch",
    )
)
def render(
    file: Annotated[Path, typer.Argument(help="A flow file (YAML).", metavar="FILE")],
    pbx: Pbx,
    out: Annotated[Path, typer.Option(help="The folder that the files go into.")],
    no_sounds: NoSounds = False,
    as_json: Json = False,
) -> None:
    """Write a flow as a dialplan, with the sounds of its prompts.

    One file for the flow and one for each that it calls: extensions.d/dialplane-flow-NAME.conf for
    Asterisk, dialplan/dialplane-flow-NAME.xml for FreeSWITCH; and for each prompt
    sounds/dialplane/FLOW/NAME.wav, made from its file, or said by the voice that the settings
    choose under [speech]. Files of an earlier rendering are replaced, and no others: a sound that
    you have recorded yourself, or changed, stays. Nothing is loaded: reload the PBX's dialplan for
    that.
    """
    made = rendered(file, pbx)
    files = {out / name: text for name, text in made.files.items()}
    for path in files:
        _require_ours(path, KINDS[pbx].mark)
    written = Written() if no_sounds else _sounds(made, file.parent, out)
    for path, text in files.items():
        _write(path, text)
    if as_json:
        emit({"pbx": pbx.value, "flow": made.flow.name, "files": [str(path) for path in files],
              "sounds": [str(path) for path in written.made],
              "kept": [str(path) for path in written.kept]})  # fmt: skip
        return
    for path in (*files, *written.made):
        say(f"made {path}")
    for path in written.kept:
        say(f"kept {path}, which is not of our making")


def _sounds(made: Rendering, folder: Path, out: Path) -> Written:
    return write_sounds((made.flow, *made.called), folder, out / "sounds")


def _require_ours(path: Path, mark: str) -> None:
    """Raises `InputError` for a file that no rendering has made."""
    if path.exists() and not read_bytes(path, MAX_BYTES).startswith(mark.encode()):
        raise InputError(f"{path} is there already, and is no rendering; move it away first")


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as wrong:
        raise unwritable(path, wrong) from wrong

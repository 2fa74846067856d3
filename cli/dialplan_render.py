"""`dialplane dialplan render`: what a flow, or a campaign, is on a PBX."""

from pathlib import Path
from typing import Annotated

import typer

from campaigns.spec.guard import MAX_BYTES
from cli.dialplan_files import KINDS, Pbx, Source, rendered
from cli.errors import InputError
from cli.files import read_bytes, unwritable
from cli.lazy import leaf_app
from cli.output import Json, emit, examples, say
from cli.problems import problems_as_json
from cli.prompt_sounds import NoSounds, Written, write_sounds

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
    sounds/dialplane/FLOW/NAME.wav, made from its file, or said by the voice that the settings
    choose as 'speech'. Files of an earlier rendering are replaced, and no others: a sound that
    you have recorded yourself, or changed, stays. Nothing is loaded: reload the PBX's dialplan for
    that. Of a campaign it is its flows, that of mode ivr and that of callers; of another mode also,
    on Asterisk, what its calls pass through, as 'dialplane pbx config' writes it by default.
    """
    with problems_as_json(file, as_json):
        made = rendered(file, pbx)
    files = {out / name: text for name, text in made.files.items()}
    flows = {out / name for name in made.paths_of_flows(pbx)}
    for path, text in files.items():
        _require_ours(path, KINDS[pbx].mark if path in flows else text)
    written = Written() if no_sounds else write_sounds(made.flows, made.folder, out / "sounds")
    for path, text in files.items():
        _write(path, text)
    if as_json:
        emit({"pbx": pbx.value, **made.named, "files": [str(path) for path in files],
              "sounds": [str(path) for path in written.made],
              "kept": [str(path) for path in written.kept]})  # fmt: skip
        return
    if not files:
        say(f"{file}: nothing to write: {KINDS[pbx].calls_by}")
    for path in (*files, *written.made):
        say(f"made {path}")
    for path in written.kept:
        say(f"kept {path}, which is not of our making")


def _require_ours(path: Path, mark: str) -> None:
    """Raises `InputError` for a file that no rendering has made, which begin with a `mark`."""
    if path.exists() and not read_bytes(path, MAX_BYTES).startswith(mark.encode()):
        raise InputError(f"{path} is there already, and is no rendering; move it away first")


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as wrong:
        raise unwritable(path, wrong) from wrong

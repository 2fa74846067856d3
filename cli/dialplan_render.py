"""`dialplane dialplan render`: a flow, and those that it calls, as files of a PBX."""

from pathlib import Path
from typing import Annotated

import typer

from campaigns.spec.guard import MAX_BYTES
from cli.dialplan_files import Pbx, rendered
from cli.errors import InputError
from cli.files import read_bytes, unwritable
from cli.lazy import leaf_app
from cli.output import Json, emit, examples, say
from dialplan_templates.flows import MARK

app = leaf_app()


@app.command(
    epilog=examples(
        "dialplane dialplan render survey.yaml --pbx asterisk --out ./asterisk",
        "dialplane dialplan render survey.yaml --pbx asterisk --out /etc/asterisk --json",
    )
)
def render(
    file: Annotated[Path, typer.Argument(help="A flow file (YAML).", metavar="FILE")],
    pbx: Pbx,
    out: Annotated[Path, typer.Option(help="The folder that the files go into.")],
    as_json: Json = False,
) -> None:
    """Write a flow as a dialplan.

    One file for the flow and one for each that it calls, extensions.d/dialplane-flow-NAME.conf.
    Files of an earlier rendering are replaced, and no others. What a dialplan cannot do yet is
    told as 'dialplane flow check' tells it. Nothing is loaded: reload the PBX's dialplan for that.
    """
    flow, made = rendered(file)
    files = {out / name: text for name, text in made.items()}
    for path in files:
        _require_ours(path)
    for path, text in files.items():
        _write(path, text)
    if as_json:
        emit({"pbx": pbx.value, "flow": flow.name, "files": [str(path) for path in files]})
        return
    for path in files:
        say(f"made {path}")


def _require_ours(path: Path) -> None:
    """Raises `InputError` for a file that no rendering has made."""
    if path.exists() and not read_bytes(path, MAX_BYTES).startswith(MARK.encode()):
        raise InputError(f"{path} is there already, and is no rendering; move it away first")


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as wrong:
        raise unwritable(path, wrong) from wrong

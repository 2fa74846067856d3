"""`dialplane dialplan render`: a flow, and those that it calls, as files of a PBX."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from campaigns.flow.flow import FLOW, Flow
from campaigns.spec.guard import MAX_BYTES
from campaigns.spec.loading import load_as
from cli.errors import InputError
from cli.files import read_bytes, unwritable
from cli.flow_world import read_flow
from cli.lazy import leaf_app
from cli.output import Json, emit, examples, say
from dialplan_templates.flows import MARK, asterisk_flow_files, limits

app = leaf_app()


class Pbx(StrEnum):
    ASTERISK = "asterisk"


@app.command(
    epilog=examples(
        "dialplane dialplan render survey.yaml --pbx asterisk --out ./asterisk",
        "dialplane dialplan render survey.yaml --pbx asterisk --out /etc/asterisk --json",
    )
)
def render(
    file: Annotated[Path, typer.Argument(help="A flow file (YAML).", metavar="FILE")],
    pbx: Annotated[Pbx, typer.Option(help="What kind of PBX it is for.")],
    out: Annotated[Path, typer.Option(help="The folder that the files go into.")],
    as_json: Json = False,
) -> None:
    """Write a flow as a dialplan.

    One file for the flow and one for each that it calls, extensions.d/dialplane-flow-NAME.conf.
    Files of an earlier rendering are replaced, and no others. What a dialplan cannot do yet is
    told as 'dialplane flow check' tells it. Nothing is loaded: reload the PBX's dialplan for that.
    """
    flow, called = read_flow(file)
    for each, path in [(flow, file), *((f, file.parent / f"{n}.yaml") for n, f in called.items())]:
        _require_renderable(each, path)
    files = {out / name: text for name, text in _files(flow, called).items()}
    for path in files:
        _require_ours(path)
    for path, text in files.items():
        _write(path, text)
    if as_json:
        emit({"pbx": pbx.value, "flow": flow.name, "files": [str(path) for path in files]})
        return
    for path in files:
        say(f"made {path}")


def _files(flow: Flow, called: dict[str, Flow]) -> dict[str, str]:
    """Raises `InputError` for what slips past the checks and is too long for its line."""
    try:
        return asterisk_flow_files(flow, called.values())
    except ValueError as wrong:
        raise InputError(f"{flow.name}: it cannot be rendered: {wrong}") from wrong


def _require_renderable(flow: Flow, path: Path) -> None:
    """Raises `SpecError` with the line of each thing that no dialplan can do yet."""
    found = tuple(limits(flow))
    if found:
        load_as(FLOW, read_bytes(path, MAX_BYTES), str(path), lambda _: found)


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

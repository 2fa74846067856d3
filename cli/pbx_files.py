"""`dialplane pbx files` and `schema`: a PBX's trunks, agents' phones and control, as its files."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from campaigns.spec.errors import Loc, SpecError
from campaigns.spec.form import schema_of
from campaigns.spec.guard import MAX_BYTES
from campaigns.spec.loading import placed
from cli.dialplan_site import counted
from cli.errors import InputError, StateError
from cli.files import read_bytes, unwritable
from cli.lazy import leaf_app
from cli.output import Json, emit, examples, say
from dialplan_templates import trunks_asterisk, trunks_freeswitch
from dialplan_templates.changes import Kind as Changed
from dialplan_templates.pbx_file.checks import Kind
from dialplan_templates.pbx_file.file import load
from dialplan_templates.pbx_file.pbx import PBX_FILE, PbxFile
from dialplan_templates.pbx_file.secrets import NotGiven, look_up, make_missing
from dialplan_templates.placing import Plan, carry_out, plan

app = leaf_app()

Render = Callable[[PbxFile, Mapping[Loc, str]], dict[str, str]]
RENDER: dict[Kind, Render] = {
    Kind.ASTERISK: trunks_asterisk.asterisk_pbx_files,
    Kind.FREESWITCH: trunks_freeswitch.freeswitch_pbx_files,
}
OWNED: dict[Kind, Sequence[str]] = {
    Kind.ASTERISK: trunks_asterisk.OWNED,
    Kind.FREESWITCH: trunks_freeswitch.OWNED,
}
Out = Annotated[
    Path | None,
    typer.Option(
        help="The folder that the files go into, such as /etc/asterisk or /etc/freeswitch.",
        show_default="nothing is written",
    ),
]


@app.command(
    epilog=examples(
        "dialplane pbx files pbx.yaml --pbx asterisk",
        "dialplane pbx files pbx.yaml --pbx asterisk --out /etc/asterisk --make-secrets",
        "dialplane pbx files pbx.yaml --pbx freeswitch --out /etc/freeswitch --json",
    )
)
def files(
    file: Annotated[Path, typer.Argument(help="A PBX file (YAML).", metavar="FILE")],
    pbx: Annotated[Kind, typer.Option(help="What kind of PBX it is for.")],
    out: Out = None,
    make_secrets: Annotated[
        bool,
        typer.Option(
            "--make-secrets",
            help="Make the files of phones' and the event socket's secrets that are not there.",
        ),
    ] = False,
    anyway: Annotated[
        bool,
        typer.Option(
            help="Replace files too that were changed by hand, or are not of our making; what they "
            "held is kept beside them."
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Write trunks, agents' phones and the control connection as a PBX's own files.

    The file names no secret, but where each is kept: an environment variable, or a file that its
    owner alone may read. Secrets stand in the files that are written, which are for their owner
    alone, and nowhere else. Without --out the PBX file and its secrets are checked. Nothing is
    loaded: the top of each file says how.
    """
    source = read_bytes(file, MAX_BYTES)
    described = load(source, str(file), pbx)
    made = _make_secrets(described, file.parent) if make_secrets else []
    rendered = RENDER[pbx](described, _secrets(described, source, file))
    planned = _plan(out, rendered, OWNED[pbx]) if out is not None else None
    kept = _carry_out(planned, anyway) if planned else []
    if as_json:
        emit({"pbx": pbx.value, "files": _as_data(planned, rendered), "written": out is not None,
              "kept": [str(path) for path in kept],
              "secrets_made": [str(path) for path in made]})  # fmt: skip
        return
    for path in made:
        say(f"made {path}, a secret")
    _tell(planned, rendered, file)
    for path in kept:
        say(f"kept {path}, as it was before")


@app.command(
    epilog=examples(
        "dialplane pbx schema > pbx.schema.json",
        "# then, on top of a PBX file:",
        "# yaml-language-server: $schema=./pbx.schema.json",
    )
)
def schema(as_json: Json = False) -> None:
    """Print the JSON Schema of PBX files.

    Editors that know JSON Schema complete and check PBX files with it.
    """
    del as_json  # it is JSON either way
    emit(schema_of(PBX_FILE))


def _make_secrets(described: PbxFile, folder: Path) -> list[Path]:
    try:
        return make_missing(described, folder)
    except OSError as wrong:
        raise unwritable(Path(wrong.filename or folder), wrong) from wrong


def _secrets(described: PbxFile, source: bytes, file: Path) -> Mapping[Loc, str]:
    """Raises `SpecError` with the line of each reference to a secret that is not there."""
    try:
        return look_up(described, file.parent, os.environ)
    except NotGiven as wrong:
        raise SpecError(placed(PBX_FILE, source, str(file), wrong.findings)) from None


def _plan(out: Path, rendered: Mapping[str, str], owned: Sequence[str]) -> Plan:
    try:
        return plan(out, rendered, owned)
    except OSError as wrong:
        raise InputError(f"{wrong.filename or out}: {wrong.strerror}") from wrong


def _carry_out(planned: Plan, anyway: bool) -> list[Path]:
    if planned.by_hand and not anyway:
        raise StateError(
            f"Changed by hand, or not of our making: {', '.join(planned.by_hand)} in "
            f"{planned.root}. Bring what is needed of it into the PBX file, and go on with "
            "--anyway, which keeps a copy. Nothing was changed."
        )
    try:
        return carry_out(planned)
    except OSError as wrong:
        raise unwritable(Path(wrong.filename or planned.root), wrong) from wrong


def _as_data(planned: Plan | None, rendered: Mapping[str, str]) -> list[dict[str, object]]:
    if planned is None:
        return [{"file": path} for path in rendered]
    return [
        {"file": str(planned.root / c.name), "change": c.kind.value, "by_hand": c.by_hand}
        for c in planned.changes
    ]


def _tell(planned: Plan | None, rendered: Mapping[str, str], file: Path) -> None:
    if planned is None:
        say(f"{file}: OK: {', '.join(rendered)}")
        return
    for change in planned.changes:
        if change.kind is not Changed.SAME:
            say(f"{change.kind.value} {planned.root / change.name}")
    say(counted(planned.changes))

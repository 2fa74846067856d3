"""A flow file, made files of a PBX."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from campaigns.flow.flow import FLOW, Flow
from campaigns.spec.guard import MAX_BYTES
from campaigns.spec.loading import load_as
from cli.errors import InputError
from cli.files import read_bytes
from cli.flow_world import read_flow
from dialplan_templates.flows import asterisk_flow_files, limits


class PbxKind(StrEnum):
    ASTERISK = "asterisk"


Pbx = Annotated[PbxKind, typer.Option(help="What kind of PBX it is for.")]


def rendered(file: Path) -> tuple[Flow, dict[str, str]]:
    """The flow, and its files and those of the flows that it calls, by their path.

    Raises `SpecError` for a flow that is wrong, or says what no dialplan can do yet.
    """
    flow, called = read_flow(file)
    for each, path in [(flow, file), *((f, file.parent / f"{n}.yaml") for n, f in called.items())]:
        _require_renderable(each, path)
    try:
        return flow, asterisk_flow_files(flow, called.values())
    except ValueError as wrong:  # a line that is longer than its place takes
        raise InputError(f"{file}: it cannot be rendered: {wrong}") from wrong


def _require_renderable(flow: Flow, path: Path) -> None:
    """Raises `SpecError` with the line of each thing that no dialplan can do yet."""
    found = tuple(limits(flow))
    if found:
        load_as(FLOW, read_bytes(path, MAX_BYTES), str(path), lambda _: found)

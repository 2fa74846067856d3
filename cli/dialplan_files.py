"""A flow file, made files of a PBX."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from campaigns.flow.flow import FLOW, Flow
from campaigns.spec.errors import Finding
from campaigns.spec.guard import MAX_BYTES
from campaigns.spec.loading import load_as
from cli.errors import InputError
from cli.files import read_bytes
from cli.flow_world import read_flow
from dialplan_templates import flows, freeswitch_flows


class PbxKind(StrEnum):
    ASTERISK = "asterisk"
    FREESWITCH = "freeswitch"


Pbx = Annotated[PbxKind, typer.Option(help="What kind of PBX it is for.")]


@dataclass(frozen=True, slots=True)
class Kind:
    """How flows are rendered for a kind of PBX. `mark`: how a file that was rendered begins;
    `path_of`: where the flow of a name is written."""

    mark: str
    path_of: Callable[[str], str]
    files: Callable[[Flow, Iterable[Flow]], dict[str, str]]
    limits: Callable[[Flow], Iterator[Finding]]


KINDS = {
    PbxKind.ASTERISK: Kind(flows.MARK, flows.path_of, flows.asterisk_flow_files, flows.limits),
    PbxKind.FREESWITCH: Kind(
        freeswitch_flows.MARK,
        freeswitch_flows.path_of,
        freeswitch_flows.freeswitch_flow_files,
        freeswitch_flows.limits,
    ),
}


@dataclass(frozen=True, slots=True)
class Rendering:
    """A flow, those that it calls, and the files of all of them, by their path."""

    flow: Flow
    called: tuple[Flow, ...]
    files: dict[str, str]


def rendered(file: Path, pbx: PbxKind = PbxKind.ASTERISK) -> Rendering:
    """The flow of a file, as a PBX has it.

    Raises `SpecError` for a flow that is wrong, or holds what no dialplan can.
    """
    flow, called = read_flow(file)
    for each, path in [(flow, file), *((f, file.parent / f"{n}.yaml") for n, f in called.items())]:
        _require_renderable(each, path, pbx)
    try:
        files = KINDS[pbx].files(flow, called.values())
    except ValueError as wrong:  # a line that is longer than its place takes
        raise InputError(f"{file}: it cannot be rendered: {wrong}") from wrong
    return Rendering(flow, tuple(called.values()), files)


def _require_renderable(flow: Flow, path: Path, pbx: PbxKind) -> None:
    """Raises `SpecError` with the line of each thing that no dialplan can hold."""
    found = tuple(KINDS[pbx].limits(flow))
    if found:
        load_as(FLOW, read_bytes(path, MAX_BYTES), str(path), lambda _: found)

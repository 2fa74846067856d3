"""A flow file or a campaign file, made files of a PBX."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path, PurePath
from typing import Annotated

import typer

from campaigns.flow.flow import FLOW, Flow
from campaigns.spec.errors import Finding, Problem
from campaigns.spec.guard import MAX_BYTES
from campaigns.spec.loading import load_as
from campaigns.spec.schema import CAMPAIGN
from cli.campaign_files import read_campaign
from cli.errors import InputError
from cli.file_kinds import is_campaign, require_kind
from cli.files import read_bytes
from cli.flow_world import problem_at, read_flow
from dialplan_templates import flows, freeswitch_flows
from dialplan_templates.flows import Names
from dialplan_templates.render import asterisk_call_files_like
from speech.prompts import PLAYED
from workers.installing import NameTaken


class PbxKind(StrEnum):
    ASTERISK = "asterisk"
    FREESWITCH = "freeswitch"


Pbx = Annotated[PbxKind, typer.Option(help="What kind of PBX it is for.")]
Source = Annotated[
    Path, typer.Argument(help="A flow file or a campaign file (YAML).", metavar="FILE")
]


@dataclass(frozen=True, slots=True)
class Kind:
    """How flows are rendered for a kind of PBX. `path_of`: where the flow of a name is written.
    `calls`: what calls without a flow pass through, made with the settings of what is there;
    `calls_by`: how that comes to the PBX.
    `played`: the endings of sounds that a dialplan plays by their names."""

    path_of: Callable[[str], str]
    files: Callable[[Flow, Iterable[Flow], Names | None], dict[str, str]]
    limits: Callable[[Flow], Iterator[Finding]]
    calls: Callable[[str], dict[str, str]]
    calls_by: str
    played: tuple[str, ...]


KINDS = {
    PbxKind.ASTERISK: Kind(
        flows.path_of,
        flows.asterisk_flow_files,
        flows.limits,
        asterisk_call_files_like,
        "its calls pass through the dialplan that 'dialplane pbx config' writes",
        PLAYED,
    ),
    PbxKind.FREESWITCH: Kind(
        freeswitch_flows.path_of,
        freeswitch_flows.freeswitch_flow_files,
        freeswitch_flows.limits,
        lambda _: {},
        "Dialplane leads its calls over the event socket, and they need no dialplan",
        (".wav",),
    ),
}


@dataclass(frozen=True, slots=True)
class Rendering:
    """What a file becomes on a PBX: files, by their path.

    `campaign`: its name, where the file is a campaign's. `flow` and those that it has `called`, and
    the flow of callers where that is another one, are None and none for a campaign without a flow;
    `file`: that of the flow, beside which are the others. `anew`: those files that are flows, with
    other names of sounds; `played`: see `Kind`. `calls`: those that calls without a flow pass
    through, as `Kind` makes them.
    """

    files: dict[str, str]
    campaign: str | None = None
    flow: Flow | None = None
    called: tuple[Flow, ...] = ()
    file: Path = field(default_factory=Path)
    anew: Callable[[Names], dict[str, str]] = field(default=lambda _: {}, repr=False)
    played: tuple[str, ...] = ()
    calls: Callable[[str], dict[str, str]] = field(default=lambda _: {}, repr=False)

    @property
    def folder(self) -> Path:
        return self.file.parent

    @property
    def flows(self) -> tuple[Flow, ...]:
        return (self.flow, *self.called) if self.flow is not None else ()

    @property
    def flow_files(self) -> tuple[tuple[Flow, Path], ...]:
        """The flows, each with the file that it stands in."""
        return tuple((flow, self.file_of(flow.name)) for flow in self.flows)

    def file_of(self, flow: str) -> Path:
        """The file that a flow of these stands in."""
        called = self.flow is None or flow != self.flow.name
        return self.folder / f"{flow}.yaml" if called else self.file

    @property
    def named(self) -> dict[str, str | None]:
        """What it is of, for machines."""
        return {"campaign": self.campaign, "flow": self.flow.name if self.flow else None}


def rendered(file: Path, pbx: PbxKind) -> Rendering:
    """What a flow, or a campaign, is on a PBX.

    Raises `SpecError` for a file that is wrong, or a flow that holds what no dialplan can.
    """
    require_kind(file, FLOW.word, CAMPAIGN.word)
    if not is_campaign(file):
        flow, called = read_flow(file)
        return _of_flow(file, flow, called, pbx)
    its = read_campaign(file)
    calls = KINDS[pbx].calls
    if its.flows is None:
        return Rendering(calls(""), its.campaign.name, calls=calls)
    others = dict(its.flows.by_name)
    flow = others.pop(its.campaign.flow_names[0])
    made = _of_flow(its.flows.folder / f"{flow.name}.yaml", flow, others, pbx)
    files = {**calls(""), **made.files}
    return replace(made, files=files, campaign=its.campaign.name, calls=calls)


def installable(file: Path, pbx: PbxKind) -> Rendering:
    """The same for who puts it in place. Raises `InputError` where there is nothing to be put."""
    made = rendered(file, pbx)
    if not made.files:
        raise InputError(
            f"{file}: the campaign '{made.campaign}' has no flow, so there is nothing to install: "
            f"{KINDS[pbx].calls_by}"
        )
    return made


def flow_of(file: str) -> str:
    """The flow whose file has this name."""
    return PurePath(file).stem.removeprefix("dialplane-flow-")


def at_name(made: Rendering, taken: NameTaken) -> Problem:
    """A context that the PBX has already, told at the name of the flow that needs it, or of the
    file that alone may hold it."""
    if taken.dialect.adopts:
        return Problem(taken.dialect.entrance, 1, 1, taken.context, taken.expected, taken.hint)
    flow = flow_of(taken.context).removeprefix("dialplane-call-")
    found = Finding(("name",), f"{taken.expected} (got '{flow}')", taken.hint)
    return problem_at(made.file_of(flow), found)


def _of_flow(file: Path, flow: Flow, called: Mapping[str, Flow], pbx: PbxKind) -> Rendering:
    for each, path in [(flow, file), *((f, file.parent / f"{n}.yaml") for n, f in called.items())]:
        _require_renderable(each, path, pbx)

    def anew(names: Names | None = None) -> dict[str, str]:
        try:
            return KINDS[pbx].files(flow, called.values(), names)
        except ValueError as wrong:  # a line that is longer than its place takes
            raise InputError(f"{file}: it cannot be rendered: {wrong}") from wrong

    return Rendering(anew(), None, flow, tuple(called.values()), file, anew, KINDS[pbx].played)


def _require_renderable(flow: Flow, path: Path, pbx: PbxKind) -> None:
    """Raises `SpecError` with the line of each thing that no dialplan can hold."""
    found = tuple(KINDS[pbx].limits(flow))
    if found:
        load_as(FLOW, read_bytes(path, MAX_BYTES), str(path), lambda _: found)

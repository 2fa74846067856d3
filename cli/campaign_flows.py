"""The flows of a campaign, for answered calls and for callers: found beside the campaign's file,
and checked against it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from campaigns.flow import of_campaign
from campaigns.flow.flow import FLOW, Flow
from campaigns.flow.needs import Needs, needs_of
from campaigns.flow.world import World
from campaigns.spec.campaign import Campaign
from campaigns.spec.errors import Finding, Loc, Problem, SpecError
from campaigns.spec.guard import MAX_BYTES
from campaigns.spec.loading import placed
from campaigns.spec.schema import CAMPAIGN
from cli.files import read_bytes
from cli.flow_limits import warnings_of
from cli.flow_world import Library, checked, world_of

FOLDER = "flows"


@dataclass(frozen=True, slots=True)
class Flows:
    """The campaign's flows and all that they call, and the `texts` of their files, by name;
    `folder`: where those files are. `needs`: of the flow of answered calls, `inbound_needs`: of the
    callers'."""

    by_name: Mapping[str, Flow]
    needs: Needs | None
    inbound_needs: Needs | None
    texts: Mapping[str, str] = field(repr=False)
    folder: Path

    @property
    def endpoints(self) -> frozenset[str]:
        """The endpoints that they ask."""
        both = (self.needs, self.inbound_needs)
        return frozenset().union(*(needs.endpoints for needs in both if needs is not None))

    def warnings(self) -> list[Problem]:
        """What some PBX's dialplan cannot hold."""
        each = ((flow, self.folder / f"{name}.yaml") for name, flow in self.by_name.items())
        return [problem for flow, path in each for problem in warnings_of(flow, path)]


def flows_of(campaign: Campaign, file: Path, source: bytes) -> Flows | None:
    """The campaign's flows; None where it has none. Raises `SpecError`, `InputError`.

    Each is the file NAME.yaml in the folder `flows` beside the campaign's, else beside it.
    """
    places = {loc: name for loc, name in _named(campaign).items() if name is not None}
    if not places:
        return None
    paths = {loc: _path(loc, name, file, source) for loc, name in places.items()}
    _require_one_folder(paths, file, source)
    folder = next(iter(paths.values())).parent
    library, flows = Library(folder), dict[str, Flow]()
    for name in places.values():
        flow = _checked(folder / f"{name}.yaml", campaign, library)
        flows |= {flow.name: flow, **library.called_by(flow)}
    for name in flows.keys() - set(places.values()):
        _checked(folder / f"{name}.yaml", campaign, library)
    needs = {loc: needs_of(name, flows) for loc, name in places.items()}
    if wrong := tuple(f for each in needs.values() for f in of_campaign.findings(campaign, each)):
        raise SpecError(placed(CAMPAIGN, source, str(file), wrong))
    texts = {name: _text(folder / f"{name}.yaml") for name in flows}
    return Flows(flows, needs.get(OF_CALLS), needs.get(OF_CALLERS), texts, folder)


OF_CALLS: Loc = ("flow",)
OF_CALLERS: Loc = ("inbound", "flow")


def _named(campaign: Campaign) -> dict[Loc, str | None]:
    """The flows that it names, by where it does."""
    return {OF_CALLS: campaign.flow, OF_CALLERS: campaign.inbound_flow}


def _path(loc: Loc, name: str, file: Path, source: bytes) -> Path:
    places = [file.parent / FOLDER / f"{name}.yaml", file.parent / f"{name}.yaml"]
    found = next((place for place in places if place.is_file() and place != file), None)
    if found is not None:
        return found
    message = f"expected a flow that is there (got '{name}')"
    hint = f"there is neither {FOLDER}/{name}.yaml nor {name}.yaml beside this file"
    raise SpecError(placed(CAMPAIGN, source, str(file), [Finding(loc, message, hint)]))


def _require_one_folder(paths: Mapping[Loc, Path], file: Path, source: bytes) -> None:
    """What they call is looked for beside them, and a name is one flow's."""
    if len({path.parent for path in paths.values()}) == 1:
        return
    message = "expected a flow in the same folder as that of 'flow'"
    hint = f"put {paths[OF_CALLERS].name} beside {paths[OF_CALLS].name}, in {FOLDER}/"
    raise SpecError(placed(CAMPAIGN, source, str(file), [Finding(OF_CALLERS, message, hint)]))


def _checked(path: Path, campaign: Campaign, library: Library) -> Flow:
    world: World = of_campaign.seen_by(campaign, world_of(path, library))
    flow = checked(path, world)
    if flow.name != path.stem:
        message = f"expected the name of its file, '{path.stem}' (got '{flow.name}')"
        named = Finding(("name",), message, "name file and flow alike")
        raise SpecError(placed(FLOW, read_bytes(path, MAX_BYTES), str(path), [named]))
    return flow


def _text(path: Path) -> str:
    return read_bytes(path, MAX_BYTES).decode("utf-8-sig")

"""The flow of a campaign of mode ivr: found beside the campaign's file, and checked against it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from campaigns.flow import of_campaign
from campaigns.flow.flow import FLOW, Flow
from campaigns.flow.needs import Needs, needs_of
from campaigns.flow.world import World
from campaigns.spec.campaign import Campaign
from campaigns.spec.errors import Finding, Problem, SpecError
from campaigns.spec.guard import MAX_BYTES
from campaigns.spec.loading import placed
from campaigns.spec.schema import CAMPAIGN
from cli.files import read_bytes
from cli.flow_limits import warnings_of
from cli.flow_world import Library, checked, world_of

FOLDER = "flows"


@dataclass(frozen=True, slots=True)
class Flows:
    """The campaign's flow and all that it calls, and the `texts` of their files, by name; `folder`:
    where those files are."""

    by_name: Mapping[str, Flow]
    needs: Needs
    texts: Mapping[str, str] = field(repr=False)
    folder: Path

    def warnings(self) -> list[Problem]:
        """What some PBX's dialplan cannot hold."""
        each = ((flow, self.folder / f"{name}.yaml") for name, flow in self.by_name.items())
        return [problem for flow, path in each for problem in warnings_of(flow, path)]


def flows_of(campaign: Campaign, file: Path, source: bytes) -> Flows | None:
    """The campaign's flow; None where it has none. Raises `SpecError`, `InputError`.

    It is the file NAME.yaml in the folder `flows` beside the campaign's, else beside it.
    """
    if campaign.flow is None:
        return None
    path = _path(campaign.flow, file, source)
    library = Library(path.parent)
    flow = _checked(path, campaign, library)
    flows = {flow.name: flow, **library.called_by(flow)}
    for name in flows.keys() - {flow.name}:
        _checked(path.parent / f"{name}.yaml", campaign, library)
    needs = needs_of(flow.name, flows)
    if wrong := tuple(of_campaign.findings(campaign, needs)):
        raise SpecError(placed(CAMPAIGN, source, str(file), wrong))
    texts = {name: _text(path.parent / f"{name}.yaml") for name in flows}
    return Flows(flows, needs, texts, path.parent)


def _path(name: str, file: Path, source: bytes) -> Path:
    places = [file.parent / FOLDER / f"{name}.yaml", file.parent / f"{name}.yaml"]
    found = next((place for place in places if place.is_file() and place != file), None)
    if found is not None:
        return found
    message = f"expected a flow that is there (got '{name}')"
    hint = f"there is neither {FOLDER}/{name}.yaml nor {name}.yaml beside this file"
    raise SpecError(placed(CAMPAIGN, source, str(file), [Finding(("flow",), message, hint)]))


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

"""What flow files are checked against: the files beside them, and names taken on a PBX."""

from pathlib import Path

from campaigns.flow.file import load, load_alone
from campaigns.flow.flow import FLOW, Flow
from campaigns.flow.world import World
from campaigns.spec.errors import Finding, Problem, SpecError, nearest
from campaigns.spec.guard import MAX_BYTES
from campaigns.spec.loading import placed
from cli.file_kinds import require_kind
from cli.files import Unreadable, read_bytes
from cli.flow_limits import require_holdable
from dialplan_templates.taken import EXTENSIONS, contexts

STOCK = frozenset({"default", "features", "general", "globals", "parkedcalls", "public"})
"""Contexts, and sections that look like them, in the configuration that PBXs come with."""


class Library:
    """The flows of a folder, by name. Each is in the file of its name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, Flow | str] = {}

    def flow(self, name: str) -> Flow | str:
        """The flow, or why there is none."""
        if name not in self._read:
            self._read[name] = self._load(self._folder / f"{name}.yaml", name)
        return self._read[name]

    def called_by(self, flow: Flow) -> dict[str, Flow]:
        """All flows that a flow calls, and those that they call."""
        found: dict[str, Flow] = {}
        waiting = [flow]
        while waiting:
            for _, step in waiting.pop().calls():
                inner = self.flow(step.flow)
                if isinstance(inner, Flow) and step.flow not in found:
                    found[step.flow] = inner
                    waiting.append(inner)
        return found

    def _load(self, path: Path, name: str) -> Flow | str:
        try:
            flow = load_alone(read_bytes(path, MAX_BYTES), str(path))
        except Unreadable:
            others = [other.stem for other in self._folder.glob("*.yaml")]
            return nearest(name, others) or f"there is no file {name}.yaml beside this one"
        except SpecError:
            return f"{name}.yaml is not right; see 'dialplane flow check {path}'"
        if flow.name != name:
            return f"{name}.yaml holds the flow '{flow.name}'; name file and flow alike"
        return flow


def world_of(path: Path, library: Library) -> World:
    """What a flow file is checked against."""
    folder = path.parent
    return World(
        has_file=lambda name: (folder / name).is_file(),
        flow=library.flow,
        contexts=STOCK | contexts(),
        extensions=EXTENSIONS,
    )


def read_flow(path: Path) -> tuple[Flow, dict[str, Flow]]:
    """A flow that is right, and all flows that it calls. Raises `SpecError`, `InputError`.

    Those that it calls are checked as well.
    """
    require_kind(path, FLOW.word)
    library = Library(path.parent)
    flow = checked(path, world_of(path, library))
    called = library.called_by(flow)
    for name in called:
        inner = path.parent / f"{name}.yaml"
        checked(inner, world_of(inner, library))
    return flow, called


def checked(path: Path, world: World) -> Flow:
    """A flow that is right, and that some PBX's dialplan can hold. Raises as `read_flow` does."""
    flow = load(read_bytes(path, MAX_BYTES), str(path), world)
    require_holdable(flow, path)
    return flow


def problem_at(path: Path, finding: Finding) -> Problem:
    """What came up once a flow had been read, with its place in the flow's file."""
    [problem] = placed(FLOW, read_bytes(path, MAX_BYTES), str(path), [finding])
    return problem

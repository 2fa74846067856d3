"""What a file puts in place on a PBX: flows, and what calls without a flow pass through.

Each part has generations of its own, and comes to the PBX in one step.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cli.dialplan_files import Rendering
from cli.dialplan_site import Site, folder_at
from dialplan_templates.flows import Names
from dialplan_templates.generations import Folder
from dialplan_templates.render import DIALPLAN, PROFILES
from dialplan_templates.stamp import Stamp, stamp_of
from workers.dialects import Dialect
from workers.installing import Plan, plan, standing


@dataclass(frozen=True, slots=True)
class Part:
    """Where it goes, and what would become of that."""

    folder: Folder
    planned: Plan

    @property
    def dialect(self) -> Dialect:
        return self.planned.dialect

    @property
    def is_calls(self) -> bool:
        return self.dialect.adopts


def parts_of(made: Rendering, site: Site, into: Path | None, names: Names) -> Iterator[Part]:
    """Those of a file, as a `diff` sees them: what calls pass through first."""
    if site.calls is not None and made.calls(""):
        yield calls_part(made, site.calls, folder_at(site, into, site.calls.part))
    if made.flow is not None:
        folder = folder_at(site, into)
        yield Part(folder, plan(folder, made.anew(names), dialect=site.dialect))


def calls_part(made: Rendering, dialect: Dialect, folder: Folder) -> Part:
    """The dialplan that calls pass through, with the settings of the one that is there."""
    files = made.calls(_dialplan(folder, dialect))
    return Part(folder, plan(folder, {DIALPLAN: files[DIALPLAN]}, dialect=dialect))


def profiles_lack(made: Rendering, part: Part) -> str:
    """What is wrong with the conference profiles beside it, in a sentence; empty: nothing. They
    are no dialplan: another module reads them, and 'pbx config' writes them."""
    path, wanted = part.folder.root / PROFILES, made.calls("")[PROFILES]
    if not path.is_file():
        return f"{PROFILES} is not there; 'dialplane pbx config' writes it"
    has = path.read_text(encoding="utf-8", errors="replace")
    if has == wanted:
        return ""
    if stamp_of(has) is Stamp.WHOLE:
        return f"{PROFILES} is of another version; 'dialplane pbx config' writes it anew"
    return f"{PROFILES}: changed by hand, or not of our making"


def _dialplan(folder: Folder, dialect: Dialect) -> str:
    files: Mapping[str, str] = (folder.current() or standing(folder, dialect)).files
    return files.get(Path(DIALPLAN).name, "")

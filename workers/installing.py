"""A dialplan comes to a PBX: planned, written, taken, read back; or all is as it was.

Theory. The files are a generation (`dialplan_templates.generations`), which the PBX reads from the
moment that a link names it; nothing before that has any effect. Once it has reloaded it is asked
what it has read. Where that is not what was written, or it will not reload, the link names the
generation of before again, and the PBX reloads once more. Killed in between, the command leaves
either generation whole, and the next one finds out which of them the PBX has read.

What stands in the entrance itself, as 'dialplane pbx config' writes it, becomes the first
generation as it is, before the entrance is replaced by one that includes it: the PBX reads the same
before and after, and whatever comes next is a generation like any other.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Protocol

from connectors.pbx import PbxError, PbxRefused
from dialplan_templates.changes import Change, Kind, changes
from dialplan_templates.generations import Folder, Generation
from dialplan_templates.lines import Contexts, Line, differences
from dialplan_templates.stamp import Stamp, stamp_of
from workers.dialects import ASTERISK, Dialect

NONE = Generation(0, {})


class Deployment(Protocol):
    """A PBX that is spoken with; see `connectors.asterisk.deployment`, and FreeSWITCH's."""

    async def reload(self) -> None: ...

    async def lines(self, contexts: Iterable[str]) -> dict[str, dict[str, list[Line]]]: ...


class NotInstalled(Exception):
    """Sentences: why the PBX has not got the dialplan, and what it has now."""


class NameTaken(NotInstalled):
    """The PBX has `context` already, from a file that is none of ours. Nothing was changed."""

    def __init__(self, context: str, dialect: Dialect) -> None:
        self.context = context
        self.dialect = dialect
        self.expected = "expected a name whose context the PBX has not got yet"
        there = f"it has '{context}' from a file that 'install' has not written: take that away"
        self.hint = (
            f"{there} (a rendering is {dialect.rendering}) and have the PBX read its files, by "
            f"{dialect.reload}, or name the flow differently"
        )
        if dialect.adopts:
            self.expected = f"expected no other file of the PBX's to hold '{context}'"
            self.hint = f"{there}, and have the PBX read its files, by {dialect.reload}"
        super().__init__(f"{self.expected}; {self.hint}. Nothing was changed.")


@dataclass(frozen=True, slots=True)
class Plan:
    """`has`: what the folder holds now. `wanted`: what it is to hold, by the files' names.
    `dialect`: how the PBX reads them."""

    has: Generation
    wanted: Mapping[str, str]
    dialect: Dialect = ASTERISK

    @property
    def changes(self) -> list[Change]:
        return changes(self.has.files, self.wanted, self.has.by_hand)

    @property
    def is_empty(self) -> bool:
        """Nothing is to be written. What was changed by hand and is so wanted now is written
        anew, or it would count as changed by hand for ever."""
        return not self.has.by_hand and all(c.kind is Kind.SAME for c in self.changes)

    @property
    def written(self) -> Contexts:
        """What the PBX is to read; of contexts that are to go: nothing."""
        gone: Contexts = {name: {} for name in self._held}
        return {**gone, **self.dialect.contexts_of(self.wanted.values())}

    @property
    def fresh(self) -> list[str]:
        """Contexts that no file of ours has held before."""
        wanted = self.dialect.contexts_of(self.wanted.values())
        return [name for name in wanted if name not in self._held]

    @property
    def _held(self) -> Contexts:
        return self.dialect.contexts_of(self.has.files.values())


@dataclass(frozen=True, slots=True)
class Installed:
    """`number`: the generation that the PBX reads now; `lines`: how many it has read of it.
    `gone`: files of ours that were removed beside it, as nothing needs them."""

    number: int
    lines: int
    changes: Sequence[Change]
    gone: Sequence[Path] = ()


def plan(
    folder: Folder,
    rendered: Mapping[str, str] | None = None,
    without: Collection[str] = (),
    dialect: Dialect = ASTERISK,
) -> Plan:
    """With these files more, or in place of those of their names, and `without` those."""
    has = folder.current() or standing(folder, dialect)
    files = {PurePath(path).name: text for path, text in (rendered or {}).items()}
    kept = {name: text for name, text in has.files.items() if name not in without}
    return Plan(has, {**kept, **files}, dialect)


def standing(folder: Folder, dialect: Dialect) -> Generation:
    """What stands in the entrance itself. It counts as a generation that has no number yet."""
    path = folder.root / dialect.entrance
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    if not (dialect.adopts and dialect.contexts_of([text])):
        return NONE
    by_hand = () if stamp_of(text) is Stamp.WHOLE else (path.name,)
    return Generation(0, {path.name: text}, by_hand, at=path.parent)


async def not_read(
    pbx: Deployment, generation: Generation, dialect: Dialect = ASTERISK
) -> list[str]:
    """Where the PBX has read something else than the folder holds."""
    held = dialect.contexts_of(generation.files.values())
    return list(differences(held, await pbx.lines(held)))


async def install(folder: Folder, planned: Plan, pbx: Deployment) -> Installed:
    """Put it in place. Raises `NotInstalled`, `PbxError` or `OSError`: then all is as it was, or
    the sentence says what is not."""
    _require_ours(folder, planned.dialect, planned.has)
    await _require_free(pbx, planned)
    if planned.is_empty and _stands(planned.has):
        await _take(folder, planned, pbx)
        return _installed(0, planned)
    planned = _adopted(folder, planned)
    number = planned.has.number if planned.is_empty else folder.write(planned.wanted)
    folder.entrance(planned.dialect.entrance, planned.dialect.entrance_text)
    if number:
        folder.point(number)
    await _take(folder, planned, pbx)
    return _installed(number, planned)


def _stands(has: Generation) -> bool:
    return bool(has.files) and not has.number


def _adopted(folder: Folder, planned: Plan) -> Plan:
    """What stands in the entrance is a generation from now on, and the PBX reads it as one."""
    has = planned.has
    if not _stands(has):
        return planned
    number = folder.write(has.files, has.by_hand)
    folder.point(number)
    folder.entrance(planned.dialect.entrance, planned.dialect.entrance_text)
    return replace(planned, has=replace(has, number=number, at=folder.path(number)))


async def go_back(
    folder: Folder, to: Generation, pbx: Deployment, dialect: Dialect = ASTERISK
) -> Installed:
    """Have the PBX read an earlier generation. Raises as `install` does."""
    _require_ours(folder, dialect, NONE)
    planned = Plan(folder.current() or NONE, to.files, dialect)
    folder.entrance(dialect.entrance, dialect.entrance_text)
    folder.point(to.number)
    await _take(folder, planned, pbx)
    return _installed(to.number, planned)


def _installed(number: int, planned: Plan) -> Installed:
    lines = sum(len(one) for context in planned.written.values() for one in context.values())
    return Installed(number, lines, planned.changes)


def is_strange(folder: Folder, dialect: Dialect, has: Generation) -> bool:
    """Whether the entrance is somebody's own, and nothing that counts as a generation."""
    return not _stands(has) and folder.is_strange(dialect.entrance, dialect.entrance_text)


def _require_ours(folder: Folder, dialect: Dialect, has: Generation) -> None:
    """Raises `NotInstalled` where the entrance is somebody's own."""
    if is_strange(folder, dialect, has):
        raise NotInstalled(
            f"{folder.root / dialect.entrance} was changed by hand, or is not of our making; move "
            "it away, and do this again. Nothing was changed."
        )


async def taken(pbx: Deployment, planned: Plan) -> list[str]:
    """Contexts that no file of ours has held before, and that the PBX has from somewhere else."""
    return [name for name, held in (await pbx.lines(planned.fresh)).items() if held]


async def _require_free(pbx: Deployment, planned: Plan) -> None:
    """Raises `NameTaken` where the PBX has a context of the same name from somewhere else."""
    for context in await taken(pbx, planned):
        raise NameTaken(context, planned.dialect)


async def _take(folder: Folder, planned: Plan, pbx: Deployment) -> None:
    refused, problems = "", []
    try:
        refused = await _refusal(pbx)
        problems = [refused] if refused else await _unread(pbx, planned)
    except PbxError as wrong:
        problems = [str(wrong)]
    if problems:
        folder.point(planned.has.number or None)
        before = await _as_before(pbx, planned, bool(refused))
        raise NotInstalled(f"{_told(problems, planned.dialect)} {before}")


async def _refusal(pbx: Deployment) -> str:
    """Why it will not reload; empty: it has. Raises `PbxError` where neither can be told."""
    try:
        await pbx.reload()
    except PbxRefused as wrong:
        return str(wrong)
    return ""


async def _unread(pbx: Deployment, planned: Plan) -> list[str]:
    written = planned.written
    return list(differences(written, await pbx.lines(written)))


async def _as_before(pbx: Deployment, planned: Plan, refused: bool) -> str:
    """What the PBX has, now that the files are as they were. `refused`: it read no new ones."""
    try:
        again = await _refusal(pbx)
    except PbxError as wrong:
        again, refused = str(wrong), False
    if not again:
        return "Files and PBX are as they were before."
    if refused:
        return (
            "Files and PBX are as they were before. It does not read these anew either, so what is "
            "wrong is not in the new ones."
        )
    return _unsure(planned)


def _unsure(planned: Plan) -> str:
    return (
        "The files are as they were before. Whether the PBX has read the new ones cannot be "
        f"told: have it read these again, by {planned.dialect.reload}."
    )


def _told(problems: Sequence[str], dialect: Dialect) -> str:
    more = f" (and {len(problems) - 1} more)" if problems[1:] else ""
    hint = ""
    if all(problem.endswith(" 0 read") for problem in problems):
        hint = f" {dialect.included}, and is this the folder that it reads?"
    return f"The PBX has not taken the dialplan: {problems[0]}{more}.{hint}"

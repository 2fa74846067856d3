"""`dialplane dialplan diff`: what installing would change."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.dialplan_files import Pbx, PbxKind, Rendering, Source, at_name, installable
from cli.dialplan_parts import Part, parts_of, profiles_lack
from cli.dialplan_site import (
    SITES,
    As,
    Into,
    Node,
    Site,
    address_of,
    as_data,
    counted,
    folder_at,
    tell_changes,
    visiting,
)
from cli.dialplan_sounds import SoundsAt, sounds_seen
from cli.errors import ExitCode
from cli.lazy import leaf_app
from cli.output import Json, emit, examples, say, warn
from cli.problems import problems_as_json
from cli.prompt_sounds import NoSounds, SoundsFolder
from connectors.pbx import PbxError
from dialplan_templates.changes import Change
from dialplan_templates.flows import Names
from workers.installing import Deployment, NameTaken, is_strange, not_read, taken

app = leaf_app()


@app.command(
    epilog=examples(
        "dialplane dialplan diff survey.yaml --pbx asterisk",
        "dialplane dialplan diff survey.yaml --pbx asterisk --into ./etc --offline --exit-code",
        "dialplane dialplan diff .dialplane/examples/progressive.yaml --pbx asterisk",
        "dialplane dialplan diff survey.yaml --pbx freeswitch",
    )
)
def diff(
    file: Source,
    pbx: Pbx,
    node: Node = "main",
    into: Into = None,
    as_url: As = None,
    sounds: SoundsFolder = None,
    no_sounds: NoSounds = False,
    offline: Annotated[bool, typer.Option(help="Do not ask the PBX what it has read.")] = False,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit code 1 where anything would change.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show what 'install' would change, and change nothing.

    Files as they are in the PBX's folder against the rendering, what was changed by hand, and
    whether the PBX has read what is installed. Of a campaign its flows, and on Asterisk what its
    calls pass through, as 'dialplane pbx config' or 'install' has written it.
    """
    site = SITES[pbx]
    folder_at(site, into)
    with problems_as_json(file, as_json):
        made = installable(file, pbx)
        names = _names(made, SoundsAt(pbx, node, as_url, sounds), offline, no_sounds)
    parts = list(parts_of(made, site, into, names))
    seen, why = (Seen(), "") if offline else _seen(site, parts, node, as_url)
    told = _told(made, parts, seen)
    if as_json:
        emit({**told.as_data(), "not_read": None if offline or why else seen.unread, "why": why})
    else:
        _say(told)
    if why:
        warn(f"What the PBX has read was not compared: {why}")
    if exit_code and told.differs:
        raise typer.Exit(ExitCode.BAD_INPUT)


@dataclass(frozen=True, slots=True)
class Seen:
    """`unread`: where the PBX has something else than is installed. `clashes`: contexts that it has
    from elsewhere, and a flow needs."""

    unread: list[str] = field(default_factory=list)
    clashes: list[NameTaken] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Told:
    """What people are told of the parts. `strange`: entrances that are somebody's own; `lacks`: of
    the conference profiles."""

    parts: Sequence[Part]
    clashes: Sequence[Any]
    strange: Sequence[str]
    unread: Sequence[str]
    lacks: str

    @property
    def changes(self) -> list[Change]:
        return [change for part in self.parts for change in part.planned.changes]

    @property
    def differs(self) -> bool:
        plans = [part.planned for part in self.parts]
        changed = any(not each.is_empty or each.has.by_hand for each in plans)
        return bool(changed or self.strange or self.unread)

    def as_data(self) -> dict[str, Any]:
        """As plain JSON types."""
        number = {part.is_calls: part.planned.has.number for part in self.parts}
        return {
            "same": not self.differs,
            "generation": number.get(False),
            "calls_generation": number.get(True),
            "changes": as_data(self.changes),
            "strange_entrance": bool(self.strange),
            "profiles": self.lacks,
            "clashes": [asdict(clash) for clash in self.clashes],
        }


def _told(made: Rendering, parts: Sequence[Part], seen: Seen) -> Told:
    return Told(
        parts,
        [at_name(made, clash) for clash in seen.clashes],
        [p.dialect.entrance for p in parts if is_strange(p.folder, p.dialect, p.planned.has)],
        seen.unread,
        "".join(profiles_lack(made, part) for part in parts if part.is_calls),
    )


def _say(told: Told) -> None:
    for clash in told.clashes:
        say(str(clash))
    for entrance in told.strange:
        say(f"{entrance}: changed by hand, or not of our making")
    tell_changes(told.changes)
    if told.lacks:
        say(told.lacks)
    for problem in told.unread:
        say(f"the PBX has read something else: {problem}")
    say(counted(told.changes))


def _names(made: Rendering, at: SoundsAt, offline: bool, no_sounds: bool) -> Names:
    """Of the sounds, which a dialplan names."""
    if made.flow is None:
        return {}
    unasked = offline and at.pbx is PbxKind.FREESWITCH and at.named is None
    there: Path | None = None if unasked else at.known()
    return sounds_seen(made, there, no_sounds).names


def _seen(site: Site, parts: Sequence[Part], node: str, as_url: str | None) -> tuple[Seen, str]:
    """What the PBX has; or why that cannot be told."""
    address = address_of(site, node, as_url)

    async def look(pbx: Deployment) -> Seen:
        seen = Seen()
        for part in parts:
            planned = part.planned
            seen.unread.extend(await not_read(pbx, planned.has, part.dialect))
            clashes = await taken(pbx, planned)
            seen.clashes.extend(NameTaken(context, part.dialect) for context in clashes)
        return seen

    try:
        return visiting(site, node, address, look), ""
    except PbxError as wrong:
        return Seen(), str(wrong)

"""`dialplane dialplan diff`: what installing would change."""

from dataclasses import asdict, dataclass, field
from typing import Annotated

import typer

from cli.dialplan_files import Pbx, PbxKind, Source, at_name, rendered_flow
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
from workers.installing import Deployment, NameTaken, Plan, not_read, plan, taken

app = leaf_app()


@app.command(
    epilog=examples(
        "dialplane dialplan diff survey.yaml --pbx asterisk",
        "dialplane dialplan diff survey.yaml --pbx asterisk --into ./etc --offline --exit-code",
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
    whether the PBX has read what is installed.
    """
    site = SITES[pbx]
    folder = folder_at(site, into)
    with problems_as_json(file, as_json):
        made = rendered_flow(file, pbx)
        at = SoundsAt(pbx, node, as_url, sounds)
        there = None if offline and pbx is PbxKind.FREESWITCH and sounds is None else at.known()
        names = sounds_seen(made, there, no_sounds).names
    planned = plan(folder, made.anew(names), dialect=site.dialect)
    strange = folder.is_strange(site.dialect.entrance, site.dialect.entrance_text)
    seen, why = (Seen(), "") if offline else _seen(site, planned, node, as_url)
    unread, clashes = seen.unread, [at_name(made, clash) for clash in seen.clashes]
    differs = bool(not planned.is_empty or planned.has.by_hand or strange or unread)
    if as_json:
        emit({"same": not differs, "generation": planned.has.number,
              "changes": as_data(planned.changes), "strange_entrance": strange,
              "clashes": [asdict(clash) for clash in clashes],
              "not_read": None if offline or why else unread, "why": why})  # fmt: skip
    else:
        for clash in clashes:
            say(str(clash))
        if strange:
            say(f"{site.dialect.entrance}: changed by hand, or not of our making")
        tell_changes(planned.changes)
        for problem in unread:
            say(f"the PBX has read something else: {problem}")
        say(counted(planned.changes))
    if why:
        warn(f"What the PBX has read was not compared: {why}")
    if exit_code and differs:
        raise typer.Exit(ExitCode.BAD_INPUT)


@dataclass(frozen=True, slots=True)
class Seen:
    """`unread`: where the PBX has something else than is installed. `clashes`: contexts that it has
    from elsewhere, and a flow needs."""

    unread: list[str] = field(default_factory=list)
    clashes: list[NameTaken] = field(default_factory=list)


def _seen(site: Site, planned: Plan, node: str, as_url: str | None) -> tuple[Seen, str]:
    """What the PBX has; or why that cannot be told."""
    address = address_of(site, node, as_url)

    async def look(pbx: Deployment) -> Seen:
        unread = await not_read(pbx, planned.has, site.dialect)
        return Seen(unread, [NameTaken(c, site.dialect) for c in await taken(pbx, planned)])

    try:
        return visiting(site, node, address, look), ""
    except PbxError as wrong:
        return Seen(), str(wrong)

"""`dialplane dialplan install`, `remove` and `rollback`: what a PBX reads, changed in one step."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import PurePath
from typing import Annotated

import typer

from cli.dialplan_change import Change, Wanted, change_parts
from cli.dialplan_files import (
    KINDS,
    Pbx,
    Rendering,
    Source,
    at_name,
    flow_of,
    installable,
)
from cli.dialplan_parts import calls_part, profiles_lack
from cli.dialplan_site import (
    SITES,
    Anyway,
    As,
    Into,
    Node,
    require_unchanged,
)
from cli.dialplan_sounds import SoundsAt, sounds_for
from cli.errors import InputError, StateError
from cli.installed_sounds import remember, tidy
from cli.lazy import leaf_app
from cli.output import Json, examples, warn
from cli.problems import problems_as_json
from cli.prompt_sounds import Found, NoSounds, SoundsFolder, write_sounds
from dialplan_templates.changes import Kind
from dialplan_templates.generations import Folder
from workers.dialects import Dialect
from workers.installing import (
    Deployment,
    Installed,
    NameTaken,
    Plan,
    go_back,
    plan,
    taken,
)
from workers.installing import install as put_in_place

app = leaf_app()


@app.command(
    epilog=examples(
        "dialplane dialplan install survey.yaml --pbx asterisk",
        "dialplane dialplan install .dialplane/examples/progressive.yaml --pbx asterisk",
        "DIALPLANE_INSTALL_AS=ami://installer:SECRET@127.0.0.1 "
        "dialplane dialplan install survey.yaml --pbx asterisk --json",
    )
)
def install(
    file: Source,
    pbx: Pbx,
    node: Node = "main",
    into: Into = None,
    as_url: As = None,
    sounds: SoundsFolder = None,
    no_sounds: NoSounds = False,
    anyway: Anyway = False,
    as_json: Json = False,
) -> None:
    """Put a flow, or a campaign's dialplan, in place on a PBX, and have the PBX read it.

    On the PBX's machine. First the sounds of its prompts, as 'render' makes them: all of them, or
    nothing is changed. Then the flow's files, and those of the flows that it calls, become part of
    what the PBX reads in one step; it reloads its dialplan and is asked what it has read. Where
    that is not what was written, all of them are put back as they were, and the exit code is 3.
    Other flows stay as they are. The last ten versions are kept for 'rollback', with their sounds.

    Of a campaign, on Asterisk, what its calls pass through comes first, in a step of its own, with
    the settings that 'dialplane pbx config' has made it with; 'rollback --calls' takes it back.
    """
    site = SITES[pbx]
    with problems_as_json(file, as_json):
        made = installable(file, pbx)

    def calls(dialect: Dialect, folder: Folder) -> Change:
        part = calls_part(made, dialect, folder)
        require_unchanged(part.planned.has, anyway)
        if lack := profiles_lack(made, part):
            warn(lack)
        return lambda pbx: put_in_place(folder, part.planned, pbx)

    def flows(dialect: Dialect, folder: Folder) -> Change:
        with problems_as_json(file, as_json):
            found = sounds_for(made, SoundsAt(pbx, node, as_url, sounds), no_sounds)
        planned = plan(folder, made.anew(found.names), dialect=dialect)
        require_unchanged(planned.has, anyway)
        for flow, callers in _also_called_by(made, planned):
            warn(f"The flow '{flow}' changes for {callers} too, which call it.")
        return changed_with(made, found, folder, planned)

    todo: list[Wanted] = []
    if site.calls is not None and made.calls(""):
        todo.append((site.calls, calls))
    if made.flow is not None:
        todo.append((site.dialect, flows))
    change_parts(site, node, into, as_url, as_json, todo)


@app.command(epilog=examples("dialplane dialplan remove survey --pbx asterisk"))
def remove(
    flow: Annotated[str, typer.Argument(help="A flow's name.", metavar="FLOW")],
    pbx: Pbx,
    node: Node = "main",
    into: Into = None,
    as_url: As = None,
    anyway: Anyway = False,
    as_json: Json = False,
) -> None:
    """Take a flow away from a PBX.

    Calls that are in it end as they come to its next step. Flows that it called stay; one that
    another flow calls is not taken away.
    """
    name, site = PurePath(KINDS[pbx].path_of(flow)).name, SITES[pbx]

    def wanted(dialect: Dialect, folder: Folder) -> Change:
        planned = plan(folder, without=(name,), dialect=dialect)
        if name not in planned.has.files:
            raise StateError(f"The flow '{flow}' is not installed in {folder.root}")
        if callers := _callers(flow, planned.wanted):
            raise StateError(
                f"The flow '{flow}' is called by {', '.join(callers)}; take away what calls it "
                "first. Nothing was changed."
            )
        require_unchanged(planned.has, anyway)
        return changed_with(Rendering({}), Found(None), folder, planned)

    change_parts(site, node, into, as_url, as_json, [(site.dialect, wanted)])


@app.command(
    epilog=examples(
        "dialplane dialplan rollback --pbx asterisk",
        "dialplane dialplan rollback --pbx asterisk --to 4",
        "dialplane dialplan rollback --pbx asterisk --calls",
    )
)
def rollback(
    pbx: Pbx,
    to: Annotated[
        int | None,
        typer.Option(min=1, help="A generation's number.", show_default="the one before"),
    ] = None,
    calls: Annotated[
        bool, typer.Option("--calls", help="What calls pass through, and not flows (Asterisk).")
    ] = False,
    node: Node = "main",
    into: Into = None,
    as_url: As = None,
    anyway: Anyway = False,
    as_json: Json = False,
) -> None:
    """Go back to what a PBX read before the last 'install' or 'remove'.

    All flows, as they were then; or, with --calls, what calls pass through. What was changed by
    hand, now or in what it goes back to, stops it until it is told --anyway; it is kept in its
    generation.
    """
    site = SITES[pbx]
    dialect = site.calls if calls else site.dialect
    if dialect is None:
        raise InputError(f"--calls: {KINDS[pbx].calls_by}")

    def wanted(dialect: Dialect, folder: Folder) -> Change:
        known = folder.current()
        found = folder.find(to) if to else folder.before(known) if known else None
        if found is None:
            which = f"generation {to}" if to else "earlier generation"
            raise StateError(f"There is no {which} in {folder.home / 'generations'}")
        for generation in (known, found):
            if generation is not None:
                require_unchanged(generation, anyway)
        return lambda pbx: go_back(folder, found, pbx, dialect)

    change_parts(site, node, into, as_url, as_json, [(dialect, wanted)])


def _callers(flow: str, files: Mapping[str, str]) -> list[str]:
    """The installed flows that go into one, by the context that they name."""
    there = re.compile(rf"dialplane-flow-{re.escape(flow)}(?![\w-])")
    return [flow_of(name) for name, text in files.items() if there.search(text)]


def _also_called_by(made: Rendering, planned: Plan) -> Iterator[tuple[str, str]]:
    """Flows that change, with those that call them and are no part of this installation."""
    own = {flow.name for flow in made.flows}
    for change in planned.changes:
        flow = flow_of(change.name)
        others = sorted({*_callers(flow, planned.wanted)} - own)
        if change.kind is Kind.CHANGED and others:
            yield flow, ", ".join(others)


def changed_with(made: Rendering, found: Found, folder: Folder, planned: Plan) -> Change:
    """Sounds are there before a dialplan names them, and as long as one does."""

    async def change(pbx: Deployment) -> Installed:
        for context in await taken(pbx, planned):
            clash = at_name(made, NameTaken(context, planned.dialect))
            raise StateError(f"{clash}. Nothing was changed.")
        remember(folder, found)
        write_sounds(found)
        done = await put_in_place(folder, planned, pbx)
        return replace(done, gone=tidy(folder))

    return change

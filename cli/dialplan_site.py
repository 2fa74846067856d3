"""Where a dialplan goes: the folder that a PBX reads, and the PBX itself."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit

import typer

from cli import nodes
from cli.dialplan_files import PbxKind
from cli.errors import InputError, StateError
from cli.output import say
from cli.site import existing_site
from connectors.asterisk import deployment as asterisk
from connectors.asterisk import url as ami_url
from connectors.asterisk.login import TRANSPORTS as AMI
from connectors.freeswitch import deployment as freeswitch
from connectors.freeswitch import url as esl_url
from connectors.freeswitch.transports import TRANSPORTS as ESL
from connectors.pbx import PbxError
from dialplan_templates.changes import Change, Kind
from dialplan_templates.generations import Busy, Folder, Generation
from workers.dialects import ASTERISK, ASTERISK_CALLS, FREESWITCH, Dialect
from workers.installing import NotInstalled

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Site:
    """Where dialplans of a kind of PBX go. `dialect` is that of flows, `calls` that of what calls
    without a flow pass through, where that is a dialplan. `deploying` takes a node's name and what
    `read` makes of its URL; `etc` is the folder that the PBX usually reads."""

    title: str
    dialect: Dialect
    calls: Dialect | None
    schemes: Collection[str]
    read: Callable[[str], Any]
    deploying: Callable[[str, Any], AbstractAsyncContextManager[Any]]
    etc: Path


SITES = {
    PbxKind.ASTERISK: Site(
        "Asterisk",
        ASTERISK,
        ASTERISK_CALLS,
        AMI,
        ami_url.read,
        asterisk.deploying,
        Path("/etc/asterisk"),
    ),
    PbxKind.FREESWITCH: Site(
        "FreeSWITCH",
        FREESWITCH,
        None,
        ESL,
        esl_url.read,
        freeswitch.deploying,
        Path("/etc/freeswitch"),
    ),
}

INSTALL_AS = "DIALPLANE_INSTALL_AS"
Node = Annotated[str, typer.Option(help="The PBX node, as named in the settings.")]
Into = Annotated[
    Path | None,
    typer.Option(
        help="The folder that it reads its configuration from.",
        show_default="/etc/asterisk, /etc/freeswitch",
    ),
]
As = Annotated[
    str | None,
    typer.Option(
        "--as",
        envvar=INSTALL_AS,
        help="URL of a user that may have it reload: ami://USER:SECRET@HOST:PORT, or "
        "esl://USER%40DOMAIN:SECRET@HOST:PORT.",
        show_default="the node's own",
        show_envvar=True,
    ),
]
Anyway = Annotated[
    bool,
    typer.Option(
        help="Go on where files were changed by hand: those that are installed anew are replaced, "
        "the others stay as they are; what they were is kept in its generation."
    ),
]


def folder_at(site: Site, into: Path | None, part: str = "") -> Folder:
    """Raises `InputError` where there is no such folder."""
    into = into or site.etc
    if not into.is_dir():
        raise InputError(
            f"{into}: there is no such folder; --into is where the PBX reads its configuration "
            "from, and this command runs on its machine"
        )
    return Folder(into.resolve(), part)


def address_of(site: Site, node: str, url: str | None) -> Any:
    """How to speak with the PBX. Raises `StateError`, `InputError`."""
    where = f"PBX '{node}'" if url is None else f"--as (or {INSTALL_AS})"
    if url is None:
        url = nodes.url_of(node, existing_site())
    if urlsplit(url).scheme not in site.schemes:
        scheme = next(iter(site.schemes))
        raise InputError(f"{where}: expected a URL of {site.title}, which begins with {scheme}://")
    try:
        return site.read(url)
    except PbxError as wrong:
        raise InputError(f"{where}: {wrong}") from wrong


def visiting(site: Site, node: str, address: Any, do: Callable[[Any], Awaitable[T]]) -> T:
    """What `do` returns of the PBX. Raises `PbxError`, and what `do` raises."""

    async def visit() -> T:
        async with site.deploying(node, address) as pbx:
            return await do(pbx)

    return asyncio.run(visit())


def changing(folders: Sequence[Folder], do: Callable[[], T]) -> T:
    """Nobody else changes the folders meanwhile. Raises `StateError`, `InputError`, `PbxError`."""
    try:
        with ExitStack() as held:
            for folder in folders:
                held.enter_context(folder.alone())
            return do()
    except (Busy, NotInstalled) as wrong:
        raise StateError(str(wrong)) from wrong
    except OSError as wrong:
        raise InputError(f"{wrong.filename or folders[0].home}: {wrong.strerror}") from wrong


def require_unchanged(generation: Generation, anyway: bool) -> None:
    """Raises `StateError` where a file of it was changed by hand."""
    names = generation.by_hand
    if names and not anyway:
        raise StateError(
            f"Changed by hand since it was installed: {', '.join(names)} in "
            f"{generation.at}. Look at it with 'dialplane dialplan diff', bring what is of use "
            "into a file of yours (a flow's own, or a dialplan beside ours), and go on with "
            "--anyway. Nothing was changed."
        )


def as_data(changes: Sequence[Change]) -> list[dict[str, Any]]:
    """Changes as plain JSON types."""
    return [
        {"file": c.name, "change": c.kind.value, "by_hand": c.by_hand, "diff": "\n".join(c.lines)}
        for c in changes
    ]


def tell_changes(changes: Sequence[Change]) -> None:
    """What is new, changed and removed, and where somebody was at work."""
    for change in changes:
        if change.by_hand:
            say(f"{change.name}: changed by hand since it was installed")
        for line in change.lines:
            say(line)


def counted(changes: Sequence[Change]) -> str:
    """`1 file new, 2 changed, 0 removed`."""
    new, changed, gone = (
        sum(c.kind is kind for c in changes) for kind in (Kind.NEW, Kind.CHANGED, Kind.REMOVED)
    )
    return f"{new} {'file' if new == 1 else 'files'} new, {changed} changed, {gone} removed"

"""`dialplane dnc import`: a whole file of numbers."""

from pathlib import Path
from typing import Annotated

import typer

from cli.dnc_numbers import Days, Scope, for_whom, require_campaign, until_after
from cli.errors import ExitCode
from cli.lazy import leaf_app
from cli.numbers import Region, region_of
from cli.numbers_file import NumbersFile
from cli.output import Json, emit, examples, say, warn
from cli.site import now, open_site
from storage import dnc
from storage.memo import DNC_IMPORTED_AT, remember
from storage.tables.lists import EVERYWHERE

app = leaf_app()
SHOWN = 20


@app.command(
    "import",
    epilog=examples(
        "dialplane dnc import national-list.txt",
        "dialplane dnc import stop.csv --region GB --source 'TPS 2026-11'",
    ),
)
def import_(
    file: Annotated[Path, typer.Argument(help="One number a line, or in the first column.")],
    region: Region = None,
    scope: Scope = EVERYWHERE,
    days: Days = None,
    source: Annotated[str, typer.Option(help="Where the list is from.", show_default="FILE")] = "",
    as_json: Json = False,
) -> None:
    """Put every number of a file on the list; those on it already do no harm.

    The doctor asks for a new import after 28 days. Lists for one campaign, or for some days,
    do not count there, nor does a file without a number.

    Exit code 0: every number is on the list; 1: some were no numbers, the others are on it.
    """
    numbers = NumbersFile(file, region_of(region))
    with open_site() as site:
        require_campaign(site, scope)
        listed = dnc.add(
            site.store, numbers.read(), now(), source or file.name, scope, until_after(days)
        )
        if scope == EVERYWHERE and days is None and listed.added + listed.known:
            remember(site.store, DNC_IMPORTED_AT, now().isoformat())
    _tell_import(file, listed, scope, numbers.bad, as_json)
    if numbers.bad:
        raise typer.Exit(ExitCode.BAD_INPUT)


def _tell_import(
    file: Path, listed: dnc.Listed, scope: str, bad: list[tuple[int, str]], as_json: bool
) -> None:
    if as_json:
        problems = [{"line": line, "reason": why} for line, why in bad]
        emit(
            {
                "scope": scope,
                "added": listed.added,
                "known": listed.known,
                "rejected": len(bad),
                "problems": problems,
            }
        )
        return
    for line, why in bad[:SHOWN]:
        warn(f"{file}:{line}: {why}")
    if len(bad) > SHOWN:
        warn(f"... and {len(bad) - SHOWN} more")
    say(
        f"{file} ({for_whom(scope)}): {listed.added} added, {listed.known} known, "
        f"{len(bad)} rejected"
    )

"""`dialplane pacing explain`: why so many calls were placed, and not more."""

from typing import Annotated

import typer

from cli import output
from cli.lazy import leaf_app
from cli.output import Json, emit, examples, say
from cli.pacing_time import moment, zone_of
from cli.pacing_words import in_words
from cli.site import now, open_site
from storage import campaigns, pacing
from storage.errors import NotThere

app = leaf_app()
BEFORE = 5  # further decisions that are shown


@app.command(
    epilog=examples(
        "dialplane pacing explain spring",
        "dialplane pacing explain spring --at 14:30",
        "dialplane pacing explain spring --at 2026-11-20T14:30:05 --json | jq .view",
    )
)
def explain(
    name: Annotated[str, typer.Argument(help="A campaign.", metavar="CAMPAIGN")],
    at: Annotated[
        str | None,
        typer.Option(help="A time of today, or a date and time, by the campaign's clock."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Explain a pacing decision: the last that was made by a time, or the latest.

    Decisions are kept that placed or cut short a call, and those that placed none for another
    reason than the one before.
    """
    with open_site() as site:
        spec = campaigns.get(site.store, name).spec
        zone = zone_of(spec)
        by_then = None if at is None else moment(at, zone, now(), "--at")
        found = pacing.at_or_before(site.store, name, by_then, 1 + BEFORE)
    if not found:
        by = f" by {at}" if at else ""
        raise NotThere(
            f"Campaign '{name}' has decided nothing{by}: "
            "see what it has dialled with: dialplane attempts list"
        )
    if as_json:
        emit(found[0].model_dump())
        return
    for line in in_words(found[0], spec.abandonment.limit, zone):
        say(line)
    rows = [(f"{d.at.astimezone(zone):%H:%M:%S.%f}"[:-3], d.calls, d.why) for d in found[1:]]
    if rows:
        say("\nThe decisions before it:")
        output.show(("at", "#calls", "why"), rows)

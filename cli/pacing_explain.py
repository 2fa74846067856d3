"""`dialplane pacing explain`: why so many calls were placed, and not more."""

from typing import Annotated

import typer

from campaigns.windows import zone_of_day
from cli import output
from cli.lazy import leaf_app
from cli.output import Json, emit, examples, say
from cli.pacing_time import moment
from cli.pacing_words import in_words, what_came
from cli.site import now, open_site
from storage import campaigns, pacing
from storage.errors import NotThere
from storage.forecasts import compare, looked_ahead

app = leaf_app()
BEFORE, AFTER = 5, 3  # further decisions that are shown


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
    reason than the one before; for 30 days.
    """
    with open_site() as site:
        spec = campaigns.get(site.store, name).spec
        zone = zone_of_day(spec.windows)
        by_then = None if at is None else moment(at, zone, now(), "--at")
        found = pacing.at_or_before(site.store, name, by_then, 1 + BEFORE)
        if not found:
            by = f" by {at}" if at else ""
            raise NotThere(
                f"Campaign '{name}' has decided nothing{by}: "
                "see what it has dialled with: dialplane attempts list"
            )
        decision, *around = found
        around = pacing.after(site.store, name, decision.at, AFTER) + around
        is_over = looked_ahead(decision, spec, now())
        came = compare(site.store, spec, [decision]) if is_over else None
    if as_json:
        emit({**decision.model_dump(), "came": came})
        return
    words = in_words(decision, spec)
    say("\n".join([*words, what_came(came)] if came else words))
    rows = [(f"{d.at.astimezone(zone):%H:%M:%S.%f}"[:-3], d.calls, d.why) for d in around]
    if rows:
        say("\nThe decisions around it:")
        output.show(("at", "#calls", "why"), rows)

"""`dialplane pacing`: why so many calls were placed, and not more."""

from datetime import UTC, datetime, time, tzinfo
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from campaigns.spec import Campaign
from cli import output
from cli.errors import InputError
from cli.lazy import leaf_app
from cli.output import Json, emit, examples, say
from cli.pacing_words import in_words
from cli.site import now, open_site
from storage import campaigns, pacing
from storage.errors import NotThere

app = leaf_app(
    no_args_is_help=True,
    help="Why so many calls were placed, and not more.",
    epilog=examples("dialplane pacing explain spring --at 14:30"),
)
BEFORE = 5  # further decisions that are shown


@app.callback()
def _group() -> None:
    """A group, though it has one command."""


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
        zone = _zone(spec)
        found = pacing.at_or_before(site.store, name, _moment(at, zone), 1 + BEFORE)
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


def _zone(spec: Campaign) -> tzinfo:
    """The clock of the campaign's day; UTC where each customer's counts."""
    named = spec.windows.timezone
    return UTC if named == "customer" else ZoneInfo(named)


def _moment(at: str | None, zone: tzinfo) -> datetime | None:
    """Raises `InputError`."""
    if at is None:
        return None
    try:
        told = datetime.combine(now().astimezone(zone).date(), time.fromisoformat(at))
    except ValueError:
        try:
            told = datetime.fromisoformat(at)
        except ValueError:
            raise InputError(
                f"--at: expected a time such as 14:30, or a date and time such as "
                f"2026-11-20T14:30 (got {at!r})"
            ) from None
    return told if told.tzinfo else told.replace(tzinfo=zone)

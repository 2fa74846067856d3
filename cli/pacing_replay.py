"""`dialplane pacing replay`: a day's traffic once more, under a changed setting."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from campaigns.guard import Tally
from campaigns.periods import begins, day_of, days, shifted
from campaigns.spec.campaign import Campaign
from campaigns.spec.pacing import LONGEST_BLOCK
from cli import output
from cli.campaign_files import read_campaign
from cli.errors import InputError, StateError
from cli.lazy import leaf_app
from cli.output import Json, emit, examples, say
from cli.pacing_notes import notes
from cli.progress import bar
from cli.site import open_site
from storage import campaigns
from storage.engine import Store
from storage.tallies import tallies
from storage.traffic import Traffic, last_placed, traffic
from workers.replay import Day, Figures, happened, made_of, replay

app = leaf_app()
ABOUT = (
    "The replays are simulations made from this day's figures: they show what a setting changes, "
    "not what would have happened call by call. How far the first one is from what happened, "
    "and what other seeds bring, tells how far to trust the second."
)
ROWS: Sequence[tuple[str, str, str]] = (
    ("calls placed", "dials", "d"),
    ("connected", "connected", "d"),
    ("abandoned", "abandoned", "d"),
    ("connected too late", "late", "d"),
    ("abandonment", "abandonment", ".2%"),
    ("worst seen", "worst", ".2%"),
    ("agents idle", "idle", ".1%"),
    ("talk share", "talk_share", ".1%"),
)


@dataclass(frozen=True, slots=True)
class _Found:
    """What came of a day, and of its replays."""

    day: str
    version: int
    happened: Figures
    as_it_was: Figures
    changed: Figures
    notes: Sequence[str]


@app.command(
    name="replay",
    epilog=examples(
        "dialplane pacing replay spring --with changed.yaml",
        "dialplane pacing replay spring --with changed.yaml --day 2026-11-20 --seed 2",
        "dialplane pacing replay spring --with changed.yaml --json | jq .changed.idle",
    ),
)
def replay_day(
    name: Annotated[str, typer.Argument(help="A campaign.", metavar="CAMPAIGN")],
    changed: Annotated[Path, typer.Option("--with", help="The campaign's file, as changed.")],
    day: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="By the campaign's clock; else its last."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed, the same customers.")] = 1,
    as_json: Json = False,
) -> None:
    """Replay a day's traffic under a changed setting.

    From what is stored of the day (answers, ring, talk and wrap-up times, who was at work) a
    world is made, in which the dialler runs twice in virtual time: with the campaign as it was
    then, and as changed. Nobody's phone rings, and nothing is stored.
    """
    with open_site() as site:
        stored = campaigns.get(site.store, name).spec
        asked = read_campaign(changed).campaign
        if asked.name != name:
            raise InputError(f"{changed}: expected campaign '{name}' (got '{asked.name}')")
        wanted = day.date().isoformat() if day else _last_day(site.store, stored)
        found, version = _traffic(site.store, stored, wanted)
        as_it_was = campaigns.at_version(site.store, name, version)
        before = _before(site.store, as_it_was, wanted)
    made = _replayed(made_of(found, as_it_was, before), asked, seed, wanted, version, as_json)
    if as_json:
        emit({"campaign": name, "seed": seed, "with": str(changed), **asdict(made)})
    else:
        _tell(made, name, changed)


def _last_day(store: Store, campaign: Campaign) -> str:
    at = last_placed(store, campaign.name)
    if at is None:
        raise StateError(f"Campaign '{campaign.name}' has placed no call yet")
    return day_of(campaign.windows, at)


def _traffic(store: Store, campaign: Campaign, day: str) -> tuple[Traffic, int]:
    """A day's traffic, and the version of the campaign that placed most of it."""
    since, until = (begins(campaign.windows, each) for each in (day, shifted(day, 1)))
    found = traffic(store, campaign.name, since, until)
    if not found.attempts:
        last = last_placed(store, campaign.name)
        more = f"; it last did on {_last_day(store, campaign)}" if last else ""
        raise StateError(f"Campaign '{campaign.name}' placed no call on {day}{more}")
    versions = Counter(call.version for call in found.attempts)
    return found, versions.most_common(1)[0][0]


def _before(store: Store, campaign: Campaign, day: str) -> list[Tally]:
    """What the guard had counted of the days before, from which its room may come."""
    first, last = shifted(day, 1 - LONGEST_BLOCK), shifted(day, -1)
    return tallies(store, campaign, days(first, last))


def _replayed(
    day: Day, changed: Campaign, seed: int, name: str, version: int, quiet: bool
) -> _Found:
    whole = (day.end - day.start).total_seconds()
    with bar(quiet) as progress:
        task = progress.add_task("replaying", total=2 * whole)

        def run(campaign: Campaign, before: float) -> Figures:
            return replay(
                day, campaign, seed, lambda past: progress.update(task, completed=before + past)
            )

        as_it_was, as_changed = run(day.campaign, 0.0), run(changed, whole)
    return _Found(name, version, happened(day), as_it_was, as_changed, notes(day, changed))


def _tell(made: _Found, name: str, changed: Path) -> None:
    runs = [asdict(each) for each in (made.happened, made.as_it_was, made.changed)]
    rows = [(label, *(f"{run[key]:{form}}" for run in runs)) for label, key, form in ROWS]
    columns = ("", "#what happened", f"#replay: version {made.version}", f"#replay: {changed.name}")
    say(f"Campaign '{name}' on {made.day}")
    output.show(columns, rows)
    say("\n".join((ABOUT, *made.notes)))

"""`dialplane attempts`: what was dialled, and what came of it."""

from typing import Annotated
from uuid import UUID

import typer

from campaigns.outcomes import Outcome
from cli import output
from cli.errors import InputError
from cli.lazy import leaf_app
from cli.numbers import Region, e164
from cli.output import Json, details, emit, emit_lines, examples
from cli.site import open_site
from storage import attempts, campaigns
from storage.history import history

app = leaf_app(
    no_args_is_help=True,
    help="What was dialled, and what came of it.",
    epilog=examples(
        "dialplane attempts list --campaign spring", "dialplane attempts list --outcome abandoned"
    ),
)


@app.command(
    "list",
    epilog=examples(
        "dialplane attempts list --campaign spring",
        "dialplane attempts list --number +12125550100",
        "dialplane attempts list --outcome abandoned --json | jq .number",
    ),
)
def list_(
    campaign: Annotated[str | None, typer.Option(help="Only this campaign's.")] = None,
    number: Annotated[str | None, typer.Option(help="Only to this number.")] = None,
    region: Region = None,
    outcome: Annotated[Outcome | None, typer.Option(help="Only with this outcome.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many.")] = 50,
    as_json: Json = False,
) -> None:
    """List the latest attempts, newest first."""
    wanted = e164(number, "--number", region) if number else None
    with open_site() as site:
        if campaign is not None:
            campaigns.require(site.store, campaign)
        found = attempts.page(site.store, campaign, limit, wanted, outcome)
    if as_json:
        emit_lines(found)
        return
    columns = (
        "placed (UTC)",
        "number",
        "campaign",
        "outcome",
        "disposition",
        "agent",
        "trunk",
        "id",
    )
    rows = [
        (a.placed_at, a.number, a.campaign, a.outcome, a.disposition, a.agent, a.trunk, a.id)
        for a in found
    ]
    output.show(columns, rows, none="There are no such attempts.")


@app.command(epilog=examples("dialplane attempts show 01a1f8f3-0932-7a7e-a9b6-812ddb5885cf"))
def show(
    attempt: Annotated[str, typer.Argument(help="An attempt's id.", metavar="ID")],
    as_json: Json = False,
) -> None:
    """Show an attempt with its whole history."""
    with open_site() as site:
        found = attempts.show(site.store, _id(attempt))
        events = history(site.store, found.id)
    if as_json:
        emit({**found.model_dump(mode="json"), "history": events})
        return
    details(tuple((name, getattr(found, name)) for name in type(found).model_fields))
    rows = [(e.at, e.what, e.detail, e.token) for e in events]
    output.show(("at (UTC)", "what", "detail", "#token"), rows, "history")


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise InputError(
            f"{text!r:.60} is no attempt's id; 'dialplane attempts list' shows them"
        ) from None

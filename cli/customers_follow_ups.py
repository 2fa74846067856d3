"""`dialplane customers follow-ups`."""

from typing import Annotated

import typer

from cli import output
from cli.customers_look import find
from cli.lazy import leaf_app
from cli.numbers import Region
from cli.output import Json, emit_lines, examples
from cli.site import now, open_site
from storage.customers import follow_ups, look

app = leaf_app()


@app.command(
    "follow-ups",
    epilog=examples(
        "dialplane customers follow-ups --owner ann",
        "dialplane customers follow-ups --due",
        "dialplane customers follow-ups --customer +12125550100 --json",
    ),
)
def list_(
    owner: Annotated[str | None, typer.Option(help="Only this owner's; '': nobody's.")] = None,
    customer: Annotated[
        str | None, typer.Option(help="Only for this customer, by id or number.")
    ] = None,
    due: Annotated[
        bool, typer.Option("--due", help="Only what is due by now, or was reminded of.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 50,
    region: Region = None,
    as_json: Json = False,
) -> None:
    """List what is to be done for customers, the first due first.

    'reminded' is when the owner was told that it is time; a webhook may be told, too.
    """
    with open_site() as site:
        whose = None if customer is None else find(site.store, customer, region)
        by = now() if due else None
        found = follow_ups.open_ones(site.store, owner, whose, by, limit, or_reminded=due)
        names = look.names(site.store, {each.customer_id for each in found})
    if as_json:
        emit_lines(each.model_dump() for each in found)
        return
    columns = ("due (UTC)", "owner", "what", "customer", "number", "note", "reminded")
    rows = [
        (e.due_at, e.owner, e.kind, *names[e.customer_id], e.note, e.reminded_at) for e in found
    ]
    output.show(columns, rows, none="Nothing is to be done.")

"""`dialplane customers list` and `show`."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

import typer

from cli import output
from cli.lazy import leaf_app
from cli.numbers import Region, e164
from cli.output import Json, details, emit, emit_lines, examples
from cli.site import open_site
from storage.customers import definitions, listing, look, pipeline, timeline
from storage.customers.listing import Order, Wanted
from storage.engine import Store
from storage.errors import NotThere

app = leaf_app()
Which = Annotated[str, typer.Argument(help="A customer's id or number.", metavar="CUSTOMER")]
TOLD = ("id", "number", "name", "company", "stage", "owner", "intent", "next_action_at", "tags")
ENTRIES = 20


@app.command(
    "list",
    epilog=examples(
        "dialplane customers list",
        "dialplane customers list --stage high-intent --owner ann",
        "dialplane customers list --tag manufacturing --limit 20 --json",
    ),
)
def list_(
    stage: Annotated[list[str] | None, typer.Option(help="Only in this stage.")] = None,
    owner: Annotated[
        str | None, typer.Option(help="Only this owner's; '': those in the pool.")
    ] = None,
    tag: Annotated[str | None, typer.Option(help="Only with this tag, or one below it.")] = None,
    order: Annotated[Order, typer.Option(help="In which order.")] = Order.ID,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 50,
    as_json: Json = False,
) -> None:
    """List customers, or count those in each stage.

    Without an option that says which, the stages are told, and how many customers are there.
    """
    with open_site() as site:
        if not stage and owner is None and tag is None:
            _tell_stages(site.store, as_json)
            return
        wanted = Wanted(tuple(stage or ()), owner, tag, order=order)
        found = listing.page(site.store, wanted, limit, fields=TOLD).customers
    if as_json:
        emit_lines(found)
        return
    columns = ("number", "name", "company", "stage", "owner", "intent", "next (UTC)", "tags")
    rows = [
        (
            *(c[name] for name in ("number", "name", "company", "stage", "owner", "intent")),
            c["next_action_at"],
            [tag["path"] for tag in c["tags"]],
        )
        for c in found
    ]
    output.show(columns, rows, none="No such customer.")


@app.command(
    epilog=examples(
        "dialplane customers show +12125550100",
        "dialplane customers show 139-1234-5678 --region CN --json",
    )
)
def show(which: Which, region: Region = None, as_json: Json = False) -> None:
    """Show a customer, with what happened last."""
    with open_site() as site:
        customer = find(site.store, which, region)
        told = look.get(site.store, customer)
        entries = timeline.page(site.store, customer, ENTRIES)
    if as_json:
        emit({**told, "timeline": entries})
        return
    facts = {**told, "numbers": [_reached(each) for each in told["numbers"]]}
    facts["tags"] = [tag["path"] for tag in told["tags"]]
    details(tuple(facts.items()))
    rows = [(each.at, each.kind, dict(each.facts)) for each in entries]
    output.show(("at (UTC)", "what", "facts"), rows, "timeline", none="Nothing has happened yet.")


def find(store: Store, which: str, region: str | None = None) -> UUID:
    """The customer of an id or a number. Raises `NotThere`, `InputError`."""
    try:
        return UUID(which)
    except ValueError:
        number = e164(which, "CUSTOMER (an id or a number)", region)
    customer = look.by_number(store, number)
    if customer is None:
        raise NotThere(f"There is no customer with the number {number}")
    return customer


def _tell_stages(store: Store, as_json: bool) -> None:
    order = [None, *definitions.read(store).stages]
    counts = pipeline.funnel(store)
    names = sorted(counts, key=lambda name: (order.index(name) if name in order else 999, name))
    rows = [{"stage": name, "customers": counts[name]} for name in names]
    if as_json:
        emit_lines(rows)
        return
    none = "There are no customers yet: dialplane customers import FILE (docs/crm.md)"
    output.show(("stage", "#customers"), [list(row.values()) for row in rows], none=none)


def _reached(number: Mapping[str, Any]) -> str:
    known = [number["line_type"], number["region"], number["carrier"], number["verdict"]]
    return f"{number['number']} ({', '.join(word for word in known if word)})"

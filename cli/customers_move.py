"""`dialplane customers stage` and `owner`: where customers are in the pipeline, and whose."""

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

import typer

from cli.customers_look import find
from cli.lazy import leaf_app
from cli.numbers import Region
from cli.output import Json, emit, examples, say
from cli.site import now, open_site
from storage.customers import look, pipeline
from storage.customers.changes import By
from storage.engine import Store
from workers.forgetting import forgotten_in_redis
from workers.redis_server import locate

app = leaf_app()
BY = By("cli", "cli")
Which = Annotated[
    list[str], typer.Argument(help="Customers, by id or number.", metavar="CUSTOMER...")
]


@app.command(
    epilog=examples(
        "dialplane customers stage high-intent +12125550100",
        "dialplane customers stage lost +12125550100 +12125550101 --note 'buys elsewhere'",
    )
)
def stage(
    name: Annotated[
        str, typer.Argument(help="A stage of the CRM file; '': none.", metavar="STAGE")
    ],
    which: Which,
    note: Annotated[str, typer.Option(help="Why; it is kept with the move.")] = "",
    region: Region = None,
    as_json: Json = False,
) -> None:
    """Move customers to another stage.

    Rules hear of it as of any change, and CRMs are told.
    """

    def move(store: Store, ids: list[UUID]) -> int:
        return pipeline.move_stage(store, ids, name or None, BY, now(), note)

    _change(which, region, move, "stage", as_json)


@app.command(
    epilog=examples(
        "dialplane customers owner ann +12125550100",
        "dialplane customers owner '' +12125550100",
    )
)
def owner(
    name: Annotated[str, typer.Argument(help="Whose; '': back to the pool.", metavar="OWNER")],
    which: Which,
    region: Region = None,
    as_json: Json = False,
) -> None:
    """Give customers an owner, or put them back into the pool.

    Rules hear of it as of any change, and CRMs are told.
    """

    def assign(store: Store, ids: list[UUID]) -> int:
        return pipeline.assign(store, ids, name or None, BY, now())

    _change(which, region, assign, "owner", as_json)


def _change(
    which: list[str],
    region: str | None,
    change: Callable[[Store, list[UUID]], int],
    field: str,
    as_json: bool,
) -> None:
    with open_site() as site, forgotten_in_redis(site.store, lambda: locate(site.settings)):
        customers = [find(site.store, each, region) for each in which]
        changed = change(site.store, customers)
        told: list[dict[str, Any]] = [look.get(site.store, customer) for customer in customers]
    if as_json:
        rows = [{name: each[name] for name in ("id", field)} for each in told]
        emit({"changed": changed, "customers": rows})
        return
    say(f"changed: {changed} of {len(customers)}")

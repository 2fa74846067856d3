"""`dialplane customers tag`."""

from typing import Annotated

import typer

from cli.customers_look import find
from cli.lazy import leaf_app
from cli.numbers import Region
from cli.output import Json, emit, examples, say
from cli.site import now, open_site
from storage.customers import look, tags
from storage.customers.changes import By
from workers.forgetting import forgotten_in_redis
from workers.redis_server import locate

app = leaf_app()


@app.command(
    epilog=examples(
        "dialplane customers tag manufacturing/equipment-purchase +12125550100",
        "dialplane customers tag manufacturing +12125550100 --remove",
    )
)
def tag(
    path: Annotated[str, typer.Argument(help="A tag: names with slashes between.", metavar="TAG")],
    which: Annotated[
        list[str], typer.Argument(help="Customers, by id or number.", metavar="CUSTOMER...")
    ],
    remove: Annotated[
        bool, typer.Option("--remove", help="Take it away, with those below it.")
    ] = False,
    region: Region = None,
    as_json: Json = False,
) -> None:
    """Give customers a tag, or take one away."""
    with open_site() as site, forgotten_in_redis(site.store, lambda: locate(site.settings)):
        customers = [find(site.store, each, region) for each in which]
        act = tags.untag if remove else tags.tag
        changed = act(site.store, customers, path, By("cli", "cli"), now())
        told = [look.get(site.store, customer) for customer in customers]
    if as_json:
        rows = [{"id": each["id"], "tags": [t["path"] for t in each["tags"]]} for each in told]
        emit({"changed": changed, "customers": rows})
        return
    say(f"changed: {changed} of {len(customers)}")

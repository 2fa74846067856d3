"""`dialplane customers tag` and `tags`."""

from typing import Annotated

import typer

from cli.customers_look import find
from cli.errors import InputError
from cli.lazy import leaf_app
from cli.numbers import Region
from cli.output import Json, emit, emit_lines, examples, say
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


@app.command(
    "tags",
    epilog=examples(
        "dialplane customers tags",
        "dialplane customers tags --move machines --under manufacturing/equipment-purchase",
    ),
)
def tree(
    move: Annotated[
        str | None,
        typer.Option(help="Put this tag, with those below it, elsewhere.", metavar="TAG"),
    ] = None,
    under: Annotated[
        str | None, typer.Option(help="Where: below this tag; '' at the root.", metavar="TAG")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show the tree of tags, or move one in it.

    Each is told with how many customers have that very one. Who has a tag that is moved has it
    where it is then; one that a campaign's filter or a rule names stays.
    """
    if (move is None) != (under is None):
        raise InputError("--move and --under go together: which tag, and where it is to be")
    with open_site() as site:
        if move is not None and under is not None:
            path = tags.move(site.store, move, under, now())
            if as_json:
                emit({"tag": path})
            else:
                say(f"It is {path} now")
            return
        found = tags.tree(site.store)
    if as_json:
        emit_lines({"tag": path, "customers": count} for path, count in found.items())
        return
    for path, count in found.items():
        say(f"{path}  {count}")

"""`dialplane crm rules list`, `on`, `off` and `acts`."""

from typing import Annotated, Any

import typer

from cli import output
from cli.bell import ring_for_rules
from cli.customers_look import find
from cli.lazy import leaf_app
from cli.numbers import Region
from cli.output import Json, emit, emit_lines, examples, say
from cli.site import open_site
from storage.rules import kept, past

app = leaf_app()
Names = Annotated[list[str], typer.Argument(help="Rules, by name.", metavar="NAME...")]


@app.command(epilog=examples("dialplane crm rules list", "dialplane crm rules list --json"))
def list(as_json: Json = False) -> None:
    """List the rules: which are on, and how they fare.

    How often each has acted, when last, and what it could not do. A rule 'unreadable' was applied
    by another version of this program, and does nothing until its file is applied again.
    """
    with open_site() as site:
        rows = [_row(each) for each in kept.listed(site.store)]
        stuck = past.stuck(site.store)
    if as_json:
        emit_lines([*rows, *({"stuck": each} for each in stuck)])
        return
    columns = ("rule", "is", "#acted", "last", "could not", "when")
    names = ("name", "is", "acted", "acted_at", "last_error", "error_at")
    output.show(columns, [[row[n] for n in names] for row in rows], none="No rules.")
    for each in stuck:
        say(f"{each.times} changes were stopped or wait: {each.why}")


@app.command(epilog=examples("dialplane crm rules on hot"))
def on(names: Names, as_json: Json = False) -> None:
    """Switch rules on.

    A rule acts on what changes from then on; one that waits for customers whom nobody follows up
    looks at all of them.
    """
    _switch(names, True, as_json)


@app.command(epilog=examples("dialplane crm rules off hot recycle"))
def off(names: Names, as_json: Json = False) -> None:
    """Switch rules off.

    What changes meanwhile is lost to them. An apply of the file leaves them off.
    """
    _switch(names, False, as_json)


@app.command(
    epilog=examples("dialplane crm rules acts", "dialplane crm rules acts +8613912345678 --json")
)
def acts(
    which: Annotated[
        str | None, typer.Argument(help="Of one customer, by id or number.", metavar="[CUSTOMER]")
    ] = None,
    limit: Annotated[int, typer.Option(help="So many, the latest first.", min=1, max=10_000)] = 50,
    region: Region = None,
    as_json: Json = False,
) -> None:
    """Show what rules did, and what they could not."""
    with open_site() as site:
        customer = None if which is None else find(site.store, which, region)
        rows = past.acts(site.store, customer, limit)
    if as_json:
        emit_lines(rows)
        return
    cells = [(each.at, each.rule, each.name or each.customer_id, each.did) for each in rows]
    output.show(("at", "rule", "customer", "what came of it"), cells, none="No rule has acted.")


def _switch(names: Names, is_on: bool, as_json: bool) -> None:
    with open_site() as site:
        changed = [name for name in names if kept.switch(site.store, name, is_on)]
        if is_on:
            ring_for_rules(site)
    word = "on" if is_on else "off"
    if as_json:
        emit({"is": word, "changed": changed})
        return
    say(f"{word}: {', '.join(names)}" + ("" if changed else " (as before)"))


def _row(each: kept.Kept) -> dict[str, Any]:
    state = "unreadable" if each.rule is None else "on" if each.is_on else "off"
    return {
        "name": each.name,
        "is": state,
        "acted": each.acted,
        "acted_at": each.acted_at,
        "last_error": each.last_error,
        "error_at": each.error_at,
    }

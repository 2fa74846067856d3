"""`dialplane leads count`: how many leads a filter means."""

from dataclasses import asdict
from typing import Annotated

import typer

from campaigns.selection.text import text_of
from cli import output
from cli.filters import filter_of
from cli.lazy import leaf_app
from cli.output import Json, emit, examples
from cli.site import now, open_site
from storage import leads
from storage.errors import NotThere
from storage.selection.counting import count as counted

app = leaf_app()
Which = Annotated[
    str,
    typer.Option("--filter", help="Which leads: docs/reference/filter.md.", metavar="EXPR"),
]


@app.command(
    epilog=examples(
        """dialplane leads count --filter 'stage = "high-intent" and not last_call within 3d'""",
        "dialplane leads count spring --filter 'tag manufacturing and custom.budget >= 50000'",
        """dialplane leads count --filter 'lead.city in ("北京", "上海")' --json | jq .ready""",
    )
)
def count(
    which: Which,
    name: Annotated[str | None, typer.Argument(help="A list.", metavar="[LIST]")] = None,
    as_json: Json = False,
) -> None:
    """Count the leads that a filter means.

    'ready' are those that wait to be called, now or later. The filter is the one of a campaign
    file's leads.filter; the rules of dialling are not asked: see 'dialplane why'.
    """
    with open_site() as site:
        filter_ = filter_of(site.store, which)
        if name is not None and name not in leads.lists(site.store):
            raise NotThere(f"There is no list '{name}'")
        found = counted(site.store, which, now(), name)
    total = {"leads": sum(x.leads for x in found), "ready": sum(x.ready for x in found)}
    if as_json:
        emit({"filter": text_of(filter_), **total, "lists": [asdict(each) for each in found]})
        return
    rows = [(each.list, each.leads, each.ready) for each in found]
    if len(rows) > 1:
        rows.append(("all", total["leads"], total["ready"]))
    output.show(("list", "#leads", "#ready"), rows, none="No lead is meant.")

"""`dialplane inbound`: who has called in, and what came of it."""

from typing import Annotated

import typer

from cli import output
from cli.lazy import leaf_app
from cli.output import Json, emit_lines, examples
from cli.site import open_site
from storage import campaigns, inbound

app = leaf_app(
    no_args_is_help=True,
    help="Who has called in, and what came of it.",
    epilog=examples("dialplane inbound list", "dialplane inbound list --campaign spring"),
)


@app.callback()
def _group() -> None:
    """Let `list` be a command of its own."""


@app.command(
    "list",
    epilog=examples(
        "dialplane inbound list --campaign spring",
        "dialplane inbound list --json | jq 'select(.outcome == \"given_up\") | .caller'",
    ),
)
def list_(
    campaign: Annotated[str | None, typer.Option(help="Only this campaign's.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many.")] = 50,
    as_json: Json = False,
) -> None:
    """List the latest inbound calls, newest first."""
    with open_site() as site:
        if campaign is not None:
            campaigns.require(site.store, campaign)
        found = inbound.page(site.store, campaign, limit)
    if as_json:
        emit_lines(found)
        return
    columns = ("arrived (UTC)", "caller", "line", "campaign", "outcome", "disposition", "agent")
    rows = [
        (c.arrived_at, c.caller, c.line, c.campaign, c.outcome or c.state, c.disposition, c.agent)
        for c in found
    ]
    output.show(columns, rows, none="Nobody has called in.")

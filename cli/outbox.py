"""`dialplane outbox`: what was given up on its way to CRMs, for all of them together.

`dialplane crm status` and `retry` are the same by receiver.
"""

from typing import Annotated

import typer

from cli import output
from cli.lazy import leaf_app
from cli.output import Json, emit, emit_lines, examples, say
from cli.site import open_site
from storage import outbox, receivers

app = leaf_app(
    no_args_is_help=True,
    help="Results for the CRM that could not be delivered.",
    epilog=examples("dialplane outbox list", "dialplane outbox retry"),
)


@app.command(
    "list",
    epilog=examples(
        "dialplane outbox list",
        "dialplane outbox list --limit 1000 --json | jq -r .last_error",
    ),
)
def list_(
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many.")] = 50,
    as_json: Json = False,
) -> None:
    """List the messages that were given up, newest first, each with its last error."""
    with open_site() as site:
        found = receivers.dead(site.store, limit)
        backlog = outbox.backlog(site.store)
    if as_json:
        emit_lines(found)
        return
    columns = ("written (UTC)", "given up (UTC)", "receiver", "kind", "#tries", "last error", "key")
    rows = [
        (
            m.written_at,
            m.dead_at,
            m.receiver or "all",
            m.kind,
            m.attempts,
            m.last_error,
            m.idempotency_key,
        )
        for m in found
    ]
    output.show(columns, rows, none="No result was given up.")
    say(f"{backlog.dead} given up; {backlog.waiting} wait to be delivered or tried again.")


@app.command(epilog=examples("dialplane outbox retry", "dialplane outbox retry --json"))
def retry(as_json: Json = False) -> None:
    """Deliver every message that was given up again, with twenty new tries.

    A worker does so within seconds. First mend what their last error tells of. A receiver that
    has had one already goes by its idempotency key.
    """
    with open_site() as site:
        revived = receivers.revive(site.store)
    if as_json:
        emit({"retried": revived})
        return
    say(f"{revived} message(s) will be delivered again.")

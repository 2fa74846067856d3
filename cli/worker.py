"""`dialplane worker`: worker processes on this machine, beside whatever others there are."""

from enum import StrEnum
from typing import Annotated

import typer

from cli.lazy import leaf_app
from cli.output import Json, examples, teller
from cli.site import existing_site, open_database
from workers.jobs import DIAL, QUEUES, SHORT
from workers.main import run_worker

app = leaf_app()


class Queue(StrEnum):
    """What a worker may work on."""

    DIAL = DIAL
    SHORT = SHORT


@app.command(
    epilog=examples("dialplane worker", "dialplane worker --queue dial", "dialplane worker --json")
)
def worker(
    queue: Annotated[
        Queue | None,
        typer.Option(help="Only dial campaigns, or only do short jobs.", show_default="both"),
    ] = None,
    as_json: Json = False,
) -> None:
    """Run a worker that dials campaigns and delivers results.

    Start one on each machine of a larger site; they share the database and the Redis of the
    settings. A campaign whose worker dies is taken over by another within seconds.
    With --json: what is told, one object a line.
    """
    settings = existing_site()
    open_database(settings).close()  # what is wrong with it is told before anything is started
    tell = teller(as_json)
    tell(f"Starting a worker for the site at {settings.home}; Ctrl-C ends it.")
    run_worker(settings, [queue.value] if queue else QUEUES, tell)

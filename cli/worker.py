"""`dialplane worker`: worker processes on this machine, beside whatever others there are."""

from enum import StrEnum
from typing import Annotated

import typer

from cli.lazy import leaf_app
from cli.output import examples, say
from cli.site import existing_site
from workers.main import run_worker
from workers.queue import DIAL, QUEUES, SHORT

app = leaf_app()


class Queue(StrEnum):
    """What a worker may work on."""

    DIAL = DIAL
    SHORT = SHORT


@app.command(epilog=examples("dialplane worker", "dialplane worker --queue dial"))
def worker(
    queue: Annotated[
        Queue | None,
        typer.Option(help="Only dial campaigns, or only do short jobs.", show_default="both"),
    ] = None,
) -> None:
    """Run a worker that dials campaigns and delivers results.

    Start one on each machine of a larger site; they share the database and the Redis of the
    settings. A campaign whose worker dies is taken over by another within seconds.
    """
    settings = existing_site()
    say("A worker is running; Ctrl-C ends it.")
    run_worker(settings, [queue.value] if queue else QUEUES, say)

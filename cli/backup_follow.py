"""`dialplane backup follow`: a folder of backups that is never far behind."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path
from typing import Annotated

import typer

from cli.backup_options import To, recipients_of
from cli.lazy import leaf_app
from cli.output import Json, examples, say, stream, warn
from cli.site import open_site
from storage.backup.anew import Wrote
from storage.backup.follow import ANEW, EVERY, Follower
from workers.flag import Flag

app = leaf_app()


@app.command(
    epilog=examples(
        "dialplane backup follow /backup/dialplane --to age1...",
        "dialplane backup follow /mnt/other-machine --to age1... --every 1 --json",
    )
)
def follow(
    folder: Annotated[
        Path, typer.Argument(help="Where the files go: a disk that outlives the database's.")
    ],
    to: To = None,
    every: Annotated[
        float, typer.Option(min=0.1, max=3600, help="Seconds from segment to segment.")
    ] = EVERY,
    anew: Annotated[
        float, typer.Option(min=0.1, max=168, help="Hours from one whole backup to the next.")
    ] = ANEW,
    as_json: Json = False,
) -> None:
    """Keep a folder of backups no more than seconds behind the database.

    First a whole backup, then every two seconds a segment with the rows that have changed, until
    Ctrl-C or SIGTERM. Meanwhile triggers in the database note which rows change; they are gone
    when this ends. Whole backups are made anew while segments go on, and the last two are kept,
    with what followed. A disk that is full and a database that is away are waited for.
    With --json: each file that was written, one object a line.
    """
    recipients = recipients_of(to)

    def wrote(one: Wrote) -> None:
        if as_json:
            stream(one)
        elif one.path.name.endswith("-full.age"):
            moment = f"{one.taken_at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
            say(f"{one.path}: {one.rows:,} rows, {one.size:,} bytes, up to {moment} UTC")

    with open_site() as site, _signals() as stop:
        Follower(site.store, folder, recipients, wrote, warn).run(stop, every, anew)


@contextmanager
def _signals() -> Iterator[Flag]:
    stop = Flag()
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in numbers}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

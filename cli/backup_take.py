"""`dialplane backup take`: a whole backup in one file."""

import time
from datetime import UTC
from pathlib import Path
from typing import Annotated

import typer

from cli.backup_options import To, recipients_of, telling
from cli.lazy import leaf_app
from cli.output import Json, emit, examples, say
from cli.site import open_site
from storage.backup.take import take as take_backup

app = leaf_app()


@app.command(
    epilog=examples(
        "dialplane backup take /backup/monday.age --to age1...",
        "DIALPLANE_BACKUP_TO=age1... dialplane backup take monday.age --json",
    )
)
def take(
    file: Annotated[Path, typer.Argument(help="The new file. It has its name once it is whole.")],
    to: To = None,
    as_json: Json = False,
) -> None:
    """Back the database up into one sealed file, while it is used.

    Every table, as all of them were at one moment. It can be restored into SQLite and into
    PostgreSQL, whichever it came from. Recordings, settings and job keys are files beside the
    database, and not in it: copy them too.
    """
    recipients = recipients_of(to)
    begun = time.monotonic()
    with open_site() as site, telling(as_json, "backup") as tell:
        taken = take_backup(site.store, file, recipients, tell)
    took = time.monotonic() - begun
    if as_json:
        emit(
            {
                "file": str(file),
                "taken_at": taken.taken_at,
                "bytes": taken.size,
                "seconds": round(took, 3),
                "rows": taken.rows,
            }
        )
        return
    say(
        f"{file}: {sum(taken.rows.values()):,} rows, {taken.size:,} bytes in {took:.1f} s; "
        f"it holds everything up to {taken.taken_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC."
    )

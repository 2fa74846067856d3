"""`dialplane restore`: a backup into an empty database."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.backup_options import KeyFile, identities_of, telling
from cli.errors import ExitCode
from cli.lazy import leaf_app
from cli.output import Json, emit, examples, say, warn
from cli.site import existing_site, open_database
from storage.backup.folder import chain_at
from storage.backup.restore import HOLD, Restored
from storage.backup.restore import restore as restore_backup
from storage.engine import Store
from storage.invariants.check import broken

app = leaf_app()


@app.command(
    epilog=examples(
        "dialplane restore /backup/dialplane --key backup.key",
        "dialplane restore monday.age --key backup.key --hold 0",
        "DIALPLANE_DATABASE_URL=postgresql://me@db/new dialplane restore monday.age --key k",
    )
)
def restore(
    backup: Annotated[Path, typer.Argument(help="A file, or a folder that follows a database.")],
    key: KeyFile = None,
    hold: Annotated[
        float,
        typer.Option(
            min=0, max=8760, help="Hours in which nobody is called who was due, or on a call."
        ),
    ] = HOLD,
    check: Annotated[
        bool, typer.Option(help="Check the invariants when it is done (docs/reliability.md).")
    ] = True,
    as_json: Json = False,
) -> None:
    """Restore a backup into the site's database, which must be empty.

    All of it or nothing: in one transaction, compared row by row with what was backed up. The
    database does not know whom the site has called since; so campaigns that were running come
    back paused, workers that still live from before can write nothing any more, and leads that
    were due are due after the hold. With --hold 0 they are due at once: for a move, when nobody
    has been dialled since the backup.

    Exit code 0: restored, and all is well; 1: the backup cannot be read, or an invariant does not
    hold; 3: the database is not empty, or the backup is of a newer program.
    """
    chain, identities = chain_at(backup), identities_of(key)
    begun = time.monotonic()
    store = open_database(existing_site())
    try:
        with telling(as_json, "restore") as tell:
            restored = restore_backup(store, chain, identities, hold, tell)
        wrong = broken(store) if check else {}
    finally:
        store.close()
    answer = _answer(store, restored, time.monotonic() - begun, wrong)
    if as_json:
        emit(answer)
    else:
        _tell(answer, restored.taken_at, hold)
    if wrong:
        raise typer.Exit(ExitCode.BAD_INPUT)


def _answer(
    store: Store, restored: Restored, took: float, wrong: dict[str, list[str]]
) -> dict[str, Any]:
    return {
        "database": store.shown,
        "taken_at": restored.taken_at,
        "seconds": round(took, 3),
        "segments": restored.segments,
        "rows": restored.rows,
        "paused": list(restored.fenced.paused),
        "held": restored.fenced.held,
        "on_a_call": restored.fenced.open,
        "broken": wrong,
    }


def _tell(answer: dict[str, Any], taken_at: datetime, hold: float) -> None:
    moment = f"{taken_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    say(
        f"{answer['database']}: {sum(answer['rows'].values()):,} rows and {answer['segments']} "
        f"segments restored in {answer['seconds']:.1f} s. It knows nothing of what came after "
        f"{moment}."
    )
    if hold:
        say(f"{answer['held']:,} leads whose number was due are held for {hold:g} h.")
    if answer["on_a_call"]:
        say(f"{answer['on_a_call']} attempts were on a call; they are settled by the next worker.")
    for name in answer["paused"]:
        say(f"Campaign '{name}' is paused; go on with: dialplane campaign resume {name}")
    for name, offenders in answer["broken"].items():
        warn(f"{name} does not hold: {', '.join(offenders)}")

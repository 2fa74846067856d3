"""`dialplane backup check`: whether a backup can be read."""

from datetime import UTC
from pathlib import Path
from typing import Annotated

import typer

from cli import output
from cli.backup_options import KeyFile, identities_of, telling
from cli.lazy import leaf_app
from cli.output import Json, emit, examples, say
from storage.backup.folder import chain_at
from storage.backup.look import look

app = leaf_app()


@app.command(
    epilog=examples(
        "dialplane backup check monday.age --key backup.key",
        "dialplane backup check /backup/dialplane --key backup.key --json",
    )
)
def check(
    backup: Annotated[Path, typer.Argument(help="A file, or a folder that follows a database.")],
    key: KeyFile = None,
    as_json: Json = False,
) -> None:
    """Read a backup to its end, and say what it holds.

    Everything is opened and compared with what it says of itself. Whether it can be restored,
    only a restore shows: do that now and then, into a database of its own.

    Exit code 0: it is whole; 1: it is not, or not for this key.
    """
    chain = chain_at(backup)
    identities = identities_of(key)
    with telling(as_json, "check") as tell:
        looked = look(chain, identities, tell)
    if as_json:
        emit({"file": str(chain.full), **{name: getattr(looked, name) for name in _NAMES}})
        return
    output.show(("table", "#rows"), [(table, rows) for table, rows in looked.rows.items()])
    more = f" and {looked.segments} segments" if chain.segments else ""
    say(
        f"{chain.full}{more}: whole, made by {looked.program} from {looked.database}; everything "
        f"up to {looked.taken_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC."
    )


_NAMES = ("taken_at", "program", "schema", "database", "segments", "rows")

"""`dialplane backup key`: a key for backups."""

from pathlib import Path
from typing import Annotated

import typer

from cli.errors import InputError
from cli.files import unwritable
from cli.lazy import leaf_app
from cli.output import Json, emit, examples, say
from storage.backup.keys import make_key

app = leaf_app()


@app.command(epilog=examples("dialplane backup key backup.key"))
def key(
    file: Annotated[Path, typer.Argument(help="The new file. Nobody else can read it.")],
    as_json: Json = False,
) -> None:
    """Make a key, and print the recipient that belongs to it.

    Backups are sealed for the recipient, which is no secret, and opened with the key. Keep the
    key away from the machine that makes backups, and in two places: without it no backup can be
    read, by anybody. It is a key of the age format, so age-keygen makes such keys, too.
    """
    try:
        recipient = make_key(file)
    except FileExistsError as wrong:
        raise InputError(f"{file}: there is a file already; name another one") from wrong
    except OSError as wrong:
        raise unwritable(file, wrong) from wrong
    if as_json:
        emit({"file": str(file), "recipient": recipient})
        return
    say(f"The key is in {file}; move it to where your other secrets are, twice.")
    say(f"Back up with: dialplane backup take FILE --to {recipient}")

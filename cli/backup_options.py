"""What several commands of backups are given."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from cli.errors import InputError
from cli.progress import bar
from storage.backup.errors import BackupError
from storage.backup.keys import Identity, Recipient, identities_in, recipient_of

To = Annotated[
    list[str] | None,
    typer.Option(
        "--to",
        envvar="DIALPLANE_BACKUP_TO",
        help="Who can open it: a recipient (age1...). More than one: each of them can.",
        show_default=False,
    ),
]
KeyFile = Annotated[
    Path | None,
    typer.Option(
        "--key",
        envvar="DIALPLANE_BACKUP_KEY",
        help="The file with the key that opens it.",
        show_default=False,
    ),
]


def recipients_of(given: Sequence[str] | None) -> list[Recipient]:
    """Whom to seal for. Raises `InputError`."""
    if not given:
        raise InputError(
            "--to: expected a recipient, as 'dialplane backup key FILE' prints it, here or in "
            "DIALPLANE_BACKUP_TO"
        )
    try:
        return [recipient_of(text) for text in given]
    except BackupError as wrong:
        raise InputError(f"--to: {wrong}") from wrong


def identities_of(given: Path | None) -> Sequence[Identity]:
    """What opens a backup. Raises `InputError`, `BackupUnreadable`."""
    if given is None:
        raise InputError(
            "--key: expected the file with the key that opens the backup, here or in "
            "DIALPLANE_BACKUP_KEY"
        )
    return identities_in(given)


@contextmanager
def telling(quiet: bool, what: str) -> Iterator[Callable[[str, int], None]]:
    """A bar that says which table is being done, and how many rows were."""
    with bar(quiet) as progress:
        task = progress.add_task(what, total=None)
        done = 0

        def tell(table: str, rows: int) -> None:
            nonlocal done
            done += rows
            progress.update(task, description=f"{what}: {table}, {done:,} rows")

        yield tell

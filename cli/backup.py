"""`dialplane backup`: the database in sealed files."""

from cli.lazy import Lazy, lazy_app
from cli.output import examples

COMMANDS = {
    "key": Lazy("cli.backup_key", "Make a key, and print the recipient that belongs to it."),
    "take": Lazy("cli.backup_take", "Back the database up into one sealed file, while it is used."),
    "follow": Lazy(
        "cli.backup_follow", "Keep a folder of backups no more than seconds behind the database."
    ),
    "check": Lazy("cli.backup_check", "Read a backup to its end, and say what it holds."),
}

app = lazy_app(
    COMMANDS,
    help="Backups of the database, sealed for a key: one file, or a folder that follows it.",
    epilog=examples(
        "dialplane backup key backup.key",
        "dialplane backup follow /backup/dialplane --to age1...",
        "dialplane backup check /backup/dialplane --key backup.key",
    ),
)

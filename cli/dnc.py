"""`dialplane dnc`: the do-not-call list."""

from cli.lazy import Lazy, lazy_app
from cli.output import examples

COMMANDS = {
    "add": Lazy(
        "cli.dnc_numbers:add",
        "Put a number on the list; the very next decision to call heeds it, on every worker.",
    ),
    "import": Lazy(
        "cli.dnc_import", "Put every number of a file on the list; those on it already do no harm."
    ),
    "check": Lazy(
        "cli.dnc_numbers:check", "Say whether a number is on the list, for whom, and until when."
    ),
    "remove": Lazy("cli.dnc_numbers:remove", "Take a number off the list."),
}

app = lazy_app(
    COMMANDS,
    help="The do-not-call list.",
    epilog=examples("dialplane dnc import national-list.txt", "dialplane dnc check +12125550100"),
)

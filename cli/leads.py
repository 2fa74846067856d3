"""`dialplane leads`: lists of leads."""

from cli.lazy import Lazy, lazy_app
from cli.output import examples

COMMANDS = {
    "import": Lazy("cli.leads_import", "Import a file of leads into a list."),
    "list": Lazy("cli.leads_look:list", "List the lists, or the leads of one list."),
    "show": Lazy("cli.leads_look:show", "Show a lead, with its attempts."),
    "count": Lazy("cli.leads_count", "Count the leads that a filter means."),
    "why": Lazy("cli.leads_why", "Say why a lead is, or is not, dialled now."),
}

app = lazy_app(
    COMMANDS,
    help="Lists of leads: import them, count them, and see why one is not dialled.",
    epilog=examples(
        "dialplane leads import leads.csv --list spring --region US",
        "dialplane leads why +12125550100 --campaign spring",
    ),
)

"""`dialplane leads`: lists of leads."""

from cli.lazy import Lazy, lazy_app

COMMANDS = {
    "import": Lazy("cli.leads_import", "Import a CSV file of leads into a list."),
    "list": Lazy("cli.leads_look:list", "List the lists, or the leads of one list."),
    "show": Lazy("cli.leads_look:show", "Show a lead, with its attempts."),
    "why": Lazy("cli.leads_look:why", "Say why a lead is, or is not, dialled now."),
}

app = lazy_app(COMMANDS, help="Lists of leads: import them, and see why one is not dialled.")

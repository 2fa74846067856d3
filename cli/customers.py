"""`dialplane customers`: who they are, and what happened with them."""

from cli.lazy import Lazy, lazy_app
from cli.output import examples

COMMANDS = {
    "list": Lazy("cli.customers_look:list", "List customers, or count those in each stage."),
    "show": Lazy("cli.customers_look:show", "Show a customer, with what happened last."),
    "import": Lazy(
        "cli.customers_import",
        "Import a file of customers: those who are new are made, the others changed.",
    ),
    "export": Lazy(
        "cli.customers_export",
        "Export customers to a CSV or XLSX file, with the columns that an import has.",
    ),
    "clean": Lazy("cli.customers_clean", "Bring what is known of customers' numbers up to date."),
    "follow-ups": Lazy(
        "cli.customers_follow_ups", "List what is to be done for customers, the first due first."
    ),
    "tag": Lazy("cli.customers_tag:tag", "Give customers a tag, or take one away."),
    "stage": Lazy("cli.customers_move:stage", "Move customers to another stage."),
    "owner": Lazy(
        "cli.customers_move:owner", "Give customers an owner, or put them back into the pool."
    ),
    "tags": Lazy("cli.customers_tag:tags", "Show the tree of tags, or move one in it."),
}

app = lazy_app(
    COMMANDS,
    help="Customers: who they are, their tags, and what happened with them.",
    epilog=examples(
        "dialplane customers show +12125550100",
        "dialplane customers list --stage high-intent --tag manufacturing",
        "dialplane customers import customers.csv",
    ),
)

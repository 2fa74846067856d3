"""`dialplane crm`: what a site says of its customers."""

from cli.lazy import Lazy, lazy_app
from cli.output import examples

COMMANDS = {
    "apply": Lazy("cli.crm_file:apply", "Let a CRM file count: stages, levels of intent, fields."),
    "schema": Lazy("cli.crm_file:schema", "Print the JSON Schema of CRM files."),
    "rules": Lazy("cli.crm_rules", "What is done by itself when something changes of a customer."),
    "map": Lazy("cli.crm_pull:map", "Compare the map of a CRM with the CRM."),
    "pull": Lazy("cli.crm_pull:pull", "Pull the customers that have changed in a CRM."),
    "push": Lazy("cli.crm_pull:push", "Deliver what is due now."),
    "status": Lazy("cli.crm_delivery:status", "Show how each receiver of results stands."),
    "retry": Lazy("cli.crm_delivery:retry", "Deliver what was given up again."),
    "retire": Lazy("cli.crm_delivery:retire", "Forget a receiver that is none any more."),
    "key": Lazy("cli.crm_file:key", "Make a key for the REST API."),
}

app = lazy_app(
    COMMANDS,
    help="What a site says of its customers, who tells of them, and who is told of them.",
    epilog=examples(
        "dialplane crm apply crm.yaml", "dialplane crm key crm", "dialplane crm status"
    ),
)

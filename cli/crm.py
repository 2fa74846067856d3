"""`dialplane crm`: what a site says of its customers."""

from cli.lazy import Lazy, lazy_app
from cli.output import examples

COMMANDS = {
    "apply": Lazy("cli.crm_file:apply", "Let a CRM file count: stages, levels of intent, fields."),
    "schema": Lazy("cli.crm_file:schema", "Print the JSON Schema of CRM files."),
    "rules": Lazy("cli.crm_rules", "What is done by itself when something changes of a customer."),
    "key": Lazy("cli.crm_file:key", "Make a key for the REST API."),
}

app = lazy_app(
    COMMANDS,
    help="What a site says of its customers, and who may tell of them.",
    epilog=examples("dialplane crm apply crm.yaml", "dialplane crm key crm"),
)

"""`dialplane crm rules`: what is done by itself when something changes of a customer."""

from cli.lazy import Lazy, lazy_app
from cli.output import examples

COMMANDS = {
    "test": Lazy("cli.crm_rules_try", "Say what each rule of a file would do; writes nothing."),
    "apply": Lazy("cli.crm_rules_file:apply", "Let a rules file count, and no rules but its own."),
    "schema": Lazy("cli.crm_rules_file:schema", "Print the JSON Schema of rules files."),
    "list": Lazy("cli.crm_rules_kept:list", "List the rules: which are on, and how they fare."),
    "on": Lazy("cli.crm_rules_kept:on", "Switch rules on."),
    "off": Lazy("cli.crm_rules_kept:off", "Switch rules off."),
    "acts": Lazy("cli.crm_rules_kept:acts", "Show what rules did, and what they could not."),
}

app = lazy_app(
    COMMANDS,
    help="What is done by itself when something changes of a customer.",
    epilog=examples(
        "dialplane crm rules test rules.yaml",
        "dialplane crm rules apply rules.yaml",
        "dialplane crm rules list",
    ),
)

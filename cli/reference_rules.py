"""The page on rules files, from the JSON Schema of their models."""

from campaigns.crm.rules.facts import OF_CUSTOMERS
from campaigns.crm.rules.model import RULES_FILE
from campaigns.spec.form import schema_of
from cli.markdown import MADE, table
from cli.reference_parts import keys, parts

INTRO = (
    "A rules file is a YAML 1.2 file: [what is done by itself](../crm.md#rules) when something "
    "changes of a customer. `dialplane crm rules apply` lets it count. Unknown keys are errors; "
    "aliases, anchors and tags are refused. `dialplane crm rules schema` prints the JSON Schema "
    "for editors."
)
ASKED = (
    "What `if` may ask, in the language of [filters](filter.md), of the customer whom something "
    "has happened to. The region, type and carrier are those of the main number; `custom.NAME` "
    "need not be indexed here."
)


def rules_page() -> str:
    """Every key of a rules file."""
    made = schema_of(RULES_FILE)
    fields = [(f"`{name}`", str(f.kind), f.meaning) for name, f in OF_CUSTOMERS.items()]
    own = ("`custom.NAME`", "as declared", "the field NAME of the CRM file")
    asked = table(("field", "holds", "what it is"), [*fields, own])
    page = [MADE, "# Rules files", INTRO, "## The file", keys(made, made), *parts(made)]
    return "\n\n".join(part for part in [*page, "## Fields", ASKED, asked] if part) + "\n"

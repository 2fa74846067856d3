"""The page on CRM files, from the JSON Schema of their models."""

from campaigns.crm.model import CRM_FILE
from campaigns.spec.form import schema_of
from cli.markdown import MADE
from cli.reference_parts import keys, parts

INTRO = (
    "A CRM file is a YAML 1.2 file: what a site says of [its customers](../crm.md). `dialplane crm "
    "apply` lets it count. Unknown keys are errors; aliases, anchors and tags are refused. "
    "`dialplane crm schema` prints the JSON Schema for editors."
)


def crm_page() -> str:
    """Every key of a CRM file."""
    made = schema_of(CRM_FILE)
    page = [MADE, "# CRM files", INTRO, "## The file", keys(made, made), *parts(made)]
    return "\n\n".join(part for part in page if part) + "\n"

"""The page on mappings, from the JSON Schema of their models."""

from campaigns.importing.mapping import MAPPING
from campaigns.spec.form import schema_of
from cli.markdown import MADE
from cli.reference_parts import keys, parts

INTRO = (
    "A mapping is a YAML 1.2 file: what the columns of [a file of customers](../crm.md) hold. "
    "`dialplane customers import` goes by one, and `--save-mapping` writes the one that it has "
    "guessed. Unknown keys are errors; aliases, anchors and tags are refused. `duplicates` may "
    "also stand in a [CRM file](crm.md), for all imports."
)


def mapping_page() -> str:
    """Every key of a mapping."""
    made = schema_of(MAPPING)
    page = [MADE, "# Mappings", INTRO, "## The file", keys(made, made), *parts(made)]
    return "\n\n".join(part for part in page if part) + "\n"

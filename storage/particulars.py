"""What a flow is told of a customer, from the lead's row."""

import re
from typing import Any

from campaigns.flow.needs import Needs
from campaigns.leads import NOTHING, Particulars
from connectors.calls import TOKEN
from storage.facts import split_zones
from storage.tables.people import LEADS

TAGS = "tags"
"""The field of a list that holds a lead's tags, with commas, semicolons or blanks between."""
MOST_TAGS = 20
WITHHELD = "withheld"
"""The tag of a caller whose number is not known."""
COLUMNS = (LEADS.c.name, LEADS.c.external_ref, LEADS.c.fields, LEADS.c.zones)
"""Besides the number, what `particulars` looks at."""
_BETWEEN = re.compile(r"[,;\s]+")


def particulars(row: Any, needs: Needs | None) -> Particulars:
    """`row`: a lead, or an attempt with its lead's columns. Only what the flow asks for is taken,
    and only what a variable can hold; tags that are no tokens are left out."""
    if needs is None:
        return NOTHING
    fields = row.fields or {}
    known = {"number": row.number, "name": row.name, "external_ref": row.external_ref, **fields}
    tags = _BETWEEN.split(str(fields.get(TAGS, "")))
    fit = [tag for tag in dict.fromkeys(tags) if TOKEN.fullmatch(tag)]
    return Particulars(needs.given(known), tuple(fit[:MOST_TAGS]), split_zones(row.zones or ""))


def of_caller(caller: str, lead: Any, needs: Needs | None) -> Particulars:
    """What a flow is told of who calls in. `lead`: that of the number, on the campaign's list, or
    None; then nothing is known but the number, and of who hides it not even that."""
    if needs is None:
        return NOTHING
    if lead is not None:
        return particulars(lead, needs)
    return Particulars(needs.given({"number": caller})) if caller else Particulars(tags=(WITHHELD,))

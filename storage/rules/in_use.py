"""What rules go by: none of it may be taken out of the CRM file."""

import json
from collections.abc import Iterator

from pydantic import ValidationError
from sqlalchemy import Connection, select

from campaigns.crm.model import Crm
from campaigns.crm.rules.model import Rule, Rules
from campaigns.crm.rules.site import SiteWords, unknown_words
from storage.tables.rules import RULES

_OF_CAMPAIGNS = ("campaign", "list")


def rule_that_lacks(connection: Connection, crm: Crm) -> tuple[str, str] | None:
    """A rule that could not be as it is any more if `crm` counted, and what it would lack."""
    fields = {field.name: field for field in crm.fields}
    site = SiteWords([stage.name for stage in crm.stages], crm.intents, fields)
    for rule in _kept(connection):
        for found in unknown_words(Rules(rules=(rule,)), site):
            if found.loc[-1] not in _OF_CAMPAIGNS:
                return rule.name, found.message
    return None


def _kept(connection: Connection) -> Iterator[Rule]:
    query = select(RULES.c.spec).where(RULES.c.removed_at.is_(None)).order_by(RULES.c.position)
    for spec in connection.execute(query).scalars():
        try:
            yield Rule.model_validate_json(json.dumps(spec))
        except ValidationError:  # of another version of this program: it does nothing
            continue

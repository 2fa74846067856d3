"""What rules go by: none of it may be taken out of the CRM file."""

import json
from collections.abc import Iterator

from pydantic import ValidationError
from sqlalchemy import Connection, select

from campaigns.crm.model import Crm
from campaigns.crm.rules.model import Rule, Rules
from campaigns.crm.rules.site import SiteWords, unknown_words
from campaigns.crm.tags import is_within
from storage.selection.in_use import tags_of
from storage.tables.rules import RULES

_OF_CAMPAIGNS = ("campaign", "list")
_TAGS = ("tag_added", "tag_removed", "tag", "untag")


def rule_that_lacks(connection: Connection, crm: Crm) -> tuple[str, str] | None:
    """A rule that could not be as it is any more if `crm` counted, and what it would lack."""
    fields = {field.name: field for field in crm.fields}
    site = SiteWords([stage.name for stage in crm.stages], crm.intents, fields)
    for rule in _kept(connection):
        for found in unknown_words(Rules(rules=(rule,)), site):
            if found.loc[-1] not in _OF_CAMPAIGNS:
                return rule.name, found.message
    return None


def rule_with_tag(connection: Connection, path: str) -> str | None:
    """A rule that names this tag, or one below it."""
    return next(
        (r.name for r in _kept(connection) if any(is_within(tag, path) for tag in _tags(r))), None
    )


def _tags(rule: Rule) -> Iterator[str]:
    for part in (rule.when, *rule.do):
        yield from (tag for key in _TAGS if (tag := getattr(part, key, None)))
    if rule.if_:
        yield from tags_of(rule.if_)


def _kept(connection: Connection) -> Iterator[Rule]:
    query = select(RULES.c.spec).where(RULES.c.removed_at.is_(None)).order_by(RULES.c.position)
    for spec in connection.execute(query).scalars():
        try:
            yield Rule.model_validate_json(json.dumps(spec))
        except ValidationError:  # of another version of this program: it does nothing
            continue

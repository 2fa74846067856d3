"""Which fields of the site's own, and which tags, campaigns go by: none may be taken away."""

from collections.abc import Callable, Collection

from sqlalchemy import Connection, and_, select

from campaigns.selection.known import custom_fields
from campaigns.selection.problems import BadFilter
from campaigns.selection.reader import read
from campaigns.selection.words import Filter, Tagged, leaves
from storage.tables.campaigns import CAMPAIGN_VERSIONS, CAMPAIGNS

_V = CAMPAIGN_VERSIONS.c


def asked_fields(connection: Connection) -> dict[str, str]:
    """Fields that the filters of campaigns' newest versions ask, each with such a campaign."""
    return _asked(connection, custom_fields)


def asked_tags(connection: Connection) -> dict[str, str]:
    """The same for tags, by their paths."""
    return _asked(connection, _tags)


def tags_of(text: str) -> Collection[str]:
    """The paths of the tags that a filter asks."""
    return _of(text, _tags)


def _tags(filter_: Filter) -> set[str]:
    return {leaf.path for leaf in leaves(filter_) if isinstance(leaf, Tagged)}


def _asked(connection: Connection, what: Callable[[Filter], Collection[str]]) -> dict[str, str]:
    newest = and_(_V.campaign == CAMPAIGNS.c.name, _V.version == CAMPAIGNS.c.version)
    rows = connection.execute(select(_V.campaign, _V.spec).join(CAMPAIGNS, newest)).all()
    texts = {row.campaign: (row.spec.get("leads") or {}).get("filter") for row in rows}
    return {
        each: campaign
        for campaign, text in sorted(texts.items())
        if isinstance(text, str)
        for each in _of(text, what)
    }


def _of(text: str, what: Callable[[Filter], Collection[str]]) -> Collection[str]:
    """Of a filter that another version of this program has stored, and this one cannot read: none;
    its campaign cannot be dialled before it is applied again."""
    try:
        return what(read(text))
    except BadFilter:
        return set()

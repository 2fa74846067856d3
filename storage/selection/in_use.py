"""Which fields of the site's own campaigns go by: none of them may be taken away."""

from sqlalchemy import Connection, and_, select

from campaigns.selection.known import custom_fields
from campaigns.selection.problems import BadFilter
from campaigns.selection.reader import read
from storage.tables.campaigns import CAMPAIGN_VERSIONS, CAMPAIGNS

_V = CAMPAIGN_VERSIONS.c


def asked_fields(connection: Connection) -> dict[str, str]:
    """Fields that the filters of campaigns' newest versions ask, each with such a campaign."""
    newest = and_(_V.campaign == CAMPAIGNS.c.name, _V.version == CAMPAIGNS.c.version)
    rows = connection.execute(select(_V.campaign, _V.spec).join(CAMPAIGNS, newest)).all()
    texts = {row.campaign: (row.spec.get("leads") or {}).get("filter") for row in rows}
    return {
        field: campaign
        for campaign, text in sorted(texts.items())
        if isinstance(text, str)
        for field in _fields(text)
    }


def _fields(text: str) -> set[str]:
    """Of a filter that another version of this program has stored, and this one cannot read: none;
    its campaign cannot be dialled before it is applied again."""
    try:
        return custom_fields(read(text))
    except BadFilter:
        return set()

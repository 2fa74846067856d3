"""Every campaign at a glance: what is wanted of it, what is so, and whether somebody dials it."""

from dataclasses import dataclass

from sqlalchemy import func, select

from campaigns.orders import CampaignState
from storage.dbtime import db_time
from storage.engine import Store
from storage.leases import has_lapsed
from storage.tables.attempts import ATTEMPTS
from storage.tables.campaigns import CAMPAIGNS, LEASES

_C, _L, _A = CAMPAIGNS.c, LEASES.c, ATTEMPTS.c


@dataclass(frozen=True, slots=True)
class Standing:
    """One campaign. `holder`: who dials it, empty where nobody does.

    `lease_age`: seconds since its lease was renewed, by the database's clock; it grows while
    nobody dials. None: it was never dialled.
    """

    name: str
    wanted: CampaignState
    actual: CampaignState
    holder: str
    lease_age: float | None

    @property
    def dialled(self) -> bool:
        return bool(self.holder)


def standings(store: Store) -> list[Standing]:
    """All of them, by name; of each only what costs nothing to read."""
    query = (
        select(
            _C.name,
            _C.wanted,
            _C.actual,
            _L.holder,
            _L.renewed_at,
            has_lapsed().label("lapsed"),
            db_time().label("now"),
        )
        .outerjoin(LEASES, _L.campaign == _C.name)
        .order_by(_C.name)
    )
    with store.reading() as connection:
        return [
            Standing(
                row.name,
                CampaignState(row.wanted),
                CampaignState(row.actual),
                "" if row.holder is None or row.lapsed else row.holder,
                None if row.renewed_at is None else (row.now - row.renewed_at).total_seconds(),
            )
            for row in connection.execute(query)
        ]


def left_alone(store: Store) -> dict[str, int]:
    """Calls in progress that no worker sees to now, by campaign."""
    query = (
        select(_A.campaign, func.count().label("calls"))
        .outerjoin(LEASES, _L.campaign == _A.campaign)
        .where(_A.ended_at.is_(None), _L.campaign.is_(None) | has_lapsed())
        .group_by(_A.campaign)
        .order_by(_A.campaign)
    )
    with store.reading() as connection:
        return {row.campaign: row.calls for row in connection.execute(query)}

"""What a restored database must be told, because the world has gone on without it.

It does not know whom workers have called since the backup. So nobody dials until a person says so;
whoever may have been called in between is left in peace for a while; and workers that still live
from before can never again write: every fencing token leaps beyond all that they may have seen.
Calls that were up are settled by whoever takes the campaign over, as after any loss of a worker:
the PBX is asked, and a call it does not know was lost.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, and_, insert, literal, select, update

from campaigns.orders import CampaignState
from storage.dbtime import db_time, read_db_time
from storage.dnc import put
from storage.leases import BASE, base
from storage.tables.agents import AGENT_ORDERS
from storage.tables.attempts import ATTEMPTS
from storage.tables.campaigns import CAMPAIGNS, LEASES
from storage.tables.people import LEADS, LeadState
from storage.tables.records import META
from storage.upsert import upsert

LEAP = 1_000_000  # more takeovers than a campaign has seen since any backup
SOURCE = "restored while on a call"
STALE_ORDER = "the database was restored from a backup since this was ordered"
RESTORED = "restored"  # who holds the lease of a campaign that nobody had dialled
RESTORED_AT, RESTORED_FROM = "restored_at", "restored_from"


@dataclass(frozen=True, slots=True)
class Fenced:
    """`paused`: campaigns that were running. `held`: leads that were due, or have the number of one
    that was, and are not until the hold is over. `open`: attempts that were on a call at the
    moment of the backup."""

    paused: tuple[str, ...]
    held: int
    open: int


def fence(
    connection: Connection, taken_at: datetime, hold: float, kept: Mapping[str, str]
) -> Fenced:
    """Make a restored database safe to run, in the transaction that restored it.

    `hold`: hours in which nobody is called who was due or on a call. `kept`: what the database
    knew of itself before.
    """
    first = _leap(connection, int(kept.get(BASE, 0)))
    paused = _pause(connection, taken_at)
    _refuse_orders(connection)
    on_a_call = _hold_open(connection, hold)
    held = _hold_due(connection, hold) if hold > 0 else 0
    now = connection.execute(select(db_time())).scalar_one()
    moments = {RESTORED_AT: now.isoformat(), RESTORED_FROM: taken_at.isoformat()}
    own = {**kept, **moments, BASE: str(first)}
    upsert(connection, META, [{"key": k, "value": v} for k, v in own.items()], ["key"])
    return Fenced(paused, held, on_a_call)


def _leap(connection: Connection, kept: int) -> int:
    """Also where nobody had dialled yet, or where all that is known of a campaign is lost: what
    every first token is to be above from now on."""
    before = connection.execute(select(base())).scalar_one()
    first = max(before, kept) + LEAP
    renewed = LEASES.c.renewed_at
    connection.execute(update(LEASES).values(token=LEASES.c.token + LEAP, expires_at=renewed))
    never = CAMPAIGNS.c.name.not_in(select(LEASES.c.campaign))
    unheld = [CAMPAIGNS.c.name, literal(RESTORED), literal(first + 1), db_time(), db_time()]
    names = ["campaign", "holder", "token", "renewed_at", "expires_at"]
    connection.execute(insert(LEASES).from_select(names, select(*unheld).where(never)))
    return first


def _pause(connection: Connection, taken_at: datetime) -> tuple[str, ...]:
    moment = f"{taken_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    why = f"restored from a backup of {moment}; start it when you know whom it may call"
    running = CAMPAIGNS.c.wanted == CampaignState.RUNNING.value
    names = (
        connection.execute(select(CAMPAIGNS.c.name).where(running).with_for_update())
        .scalars()
        .all()
    )
    pause = update(CAMPAIGNS).where(CAMPAIGNS.c.name.in_(names))
    connection.execute(pause.values(wanted=CampaignState.PAUSED.value, why=why))
    return tuple(sorted(names))


def _refuse_orders(connection: Connection) -> None:
    waiting = update(AGENT_ORDERS).where(AGENT_ORDERS.c.taken_at.is_(None))
    connection.execute(waiting.values(taken_at=db_time(), refused=STALE_ORDER))


def _hold_open(connection: Connection, hold: float) -> int:
    """Numbers on a call: when its attempt is settled as lost, a retry would be due at once."""
    numbers = list(
        connection.execute(select(ATTEMPTS.c.number).where(ATTEMPTS.c.ended_at.is_(None))).scalars()
    )
    if hold > 0:
        now = read_db_time(connection)
        put(connection, numbers, now, SOURCE, expires_at=now + timedelta(hours=hold))
    return len(numbers)


def _hold_due(connection: Connection, hold: float) -> int:
    """And whoever has the number of one that was due, on whatever list, and would be due sooner."""
    ready, until = LEADS.c.state == LeadState.READY.value, db_time(hold * 3600)
    due = select(LEADS.c.number).where(ready, LEADS.c.next_at <= db_time())
    resting = and_(ready, LEADS.c.next_at < until, LEADS.c.number.in_(due))
    return connection.execute(update(LEADS).where(resting).values(next_at=until)).rowcount

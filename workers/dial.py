"""The RQ job that dials a campaign.

Retried: never by RQ. The sweeper rings again within two seconds for as long as the campaign is
wanted and nobody holds its lease. Dropped: nothing; whoever comes next adopts what is open.
Running it twice at once is harmless: one holds the lease, the other stands by and leaves.
"""

import asyncio
import logging
import time

from campaigns.orders import LogIn
from connectors.pbx import PbxError
from storage import agents, campaigns, leases
from storage.campaigns import Stored
from storage.engine import Store
from storage.errors import DatabaseBusy, DatabaseUnavailable, NotThere, StorageError
from storage.leases import Lease
from workers.context import Context, current
from workers.crew import Crew
from workers.dialling import ANEW, Dialling
from workers.settings import SettingsError
from workers.time_check import ClockWrong

log = logging.getLogger(__name__)

STAND_BY_SECONDS = 5.0  # longer than a lease lasts: its holder may just have died
LOOK_SECONDS = 0.2
TROUBLE_SECONDS = 10.0  # a campaign whose settings are wrong is not tried in a hurry
AWAY_SECONDS = 1.0  # nor is a database that is away


def run_campaign(name: str, crew: int = 0, seed: int = 0) -> None:
    """Dial a campaign until it is over. `crew`: so many of its agents are simulated.

    Without it, as many as the settings say (`simulated_agents`): none, unless somebody is trying
    the site out.
    """
    context = current()
    try:
        while (lease := stand_by(context, name, STAND_BY_SECONDS)) is not None:
            if _dial_under(context, name, lease, crew, seed) not in ANEW:
                return
    except (DatabaseUnavailable, DatabaseBusy) as away:
        log.warning("campaign '%s' cannot be dialled now: %s", name, away)
        context.stop.wait(AWAY_SECONDS)


def stand_by(context: Context, name: str, seconds: float) -> Lease | None:
    """The lease of a campaign: at once, or as soon as its holder lets it lapse, or None."""
    deadline = time.monotonic() + seconds
    told = False
    while (lease := leases.acquire(context.store, name, context.worker)) is None:
        told = told or _tell_who_dials(context.store, name)
        if time.monotonic() >= deadline or context.stop.wait(LOOK_SECONDS):
            return None
    return lease


def standing_by(lease: Lease) -> str:
    """The sentence for a second worker of a campaign."""
    return f"campaign '{lease.campaign}' is already dialled by worker {lease.holder}; standing by"


def _dial_under(context: Context, name: str, lease: Lease, crew: int, seed: int) -> str:
    """Why it ended; a campaign that cannot be dialled at all is told of.

    Raises `DatabaseUnavailable` and `DatabaseBusy`.
    """
    try:
        stored = campaigns.get(context.store, name)
        why = asyncio.run(_dial(context, stored, lease, crew, seed))
    except NotThere as gone:
        log.warning("%s", gone)
        leases.release(context.store, lease)
    except (DatabaseUnavailable, DatabaseBusy):
        _release(context, lease)
        raise
    except (SettingsError, PbxError, ClockWrong, StorageError) as wrong:
        _cannot(context, name, lease, str(wrong))
    else:
        log.info("campaign '%s': %s", name, why)
        return why
    return ""


async def _dial(context: Context, stored: Stored, lease: Lease, crew: int, seed: int) -> str:
    settings = context.settings
    logins = _logins(context.store, stored)[: crew or settings.simulated_agents]
    names = [login.agent for login in logins]
    team = Crew(stored.spec, names, seed or settings.simulated_seed) if logins else None
    return await Dialling(context, stored, lease, team, logins).run()


def _logins(store: Store, stored: Stored) -> list[LogIn]:
    return [
        LogIn(agent.name, agent.phone, agent.node, frozenset(agent.skills))
        for agent in agents.of_campaign(store, stored.spec)
    ]


def _tell_who_dials(store: Store, name: str) -> bool:
    seen = leases.look(store, name)
    if seen is None or seen.lapsed:
        return False
    log.warning("%s", standing_by(seen.lease))
    return True


def _cannot(context: Context, name: str, lease: Lease, why: str) -> None:
    """Say why, where `campaign status` shows it, and keep others from trying for a while."""
    log.error("campaign '%s' cannot be dialled: %s", name, why)
    deadline = time.monotonic() + TROUBLE_SECONDS
    try:
        campaigns.note_why(context.store, name, why)
        while time.monotonic() < deadline and not context.stop.wait(1.0):
            leases.renew(context.store, lease)
    except StorageError as away:
        log.warning("campaign '%s': that could not be written down: %s", name, away)
        context.stop.wait(max(0.0, deadline - time.monotonic()))
    _release(context, lease)


def _release(context: Context, lease: Lease) -> None:
    try:
        leases.release(context.store, lease)
    except StorageError as away:
        log.debug("the lease lapses by itself: %s", away)

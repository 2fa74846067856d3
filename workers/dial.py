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
from workers.dialling import Dialling
from workers.lease import standing_by
from workers.leaving import ANEW
from workers.logs import about
from workers.nodes import Nodes
from workers.settings import SettingsError
from workers.time_check import ClockWrong

log = logging.getLogger(__name__)

STAND_BY_SECONDS = 5.0  # longer than a lease lasts: its holder may just have died
LOOK_SECONDS = 0.2
TROUBLE_SECONDS = 10.0  # a campaign whose settings are wrong is not tried in a hurry
AWAY_SECONDS = 1.0  # nor is a database that is away


def run_campaign(name: str) -> None:
    """Dial a campaign until it is over.

    As many of its agents are simulated as the settings say (`simulated_agents`): none, unless
    somebody is trying the site out.
    """
    with about(name):
        _run(current(), name)


def _run(context: Context, name: str) -> None:
    try:
        lease = stand_by(context, name, STAND_BY_SECONDS)
        if lease is not None:
            asyncio.run(_dial_on(context, lease))
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


async def _dial_on(context: Context, first: Lease) -> None:
    """Begin anew for as long as that is asked for; a new version goes on with the same nodes."""
    nodes = Nodes()
    lease: Lease | None = first
    try:
        while lease is not None and await _dial_under(context, lease, nodes) in ANEW:
            lease = await asyncio.to_thread(stand_by, context, lease.campaign, STAND_BY_SECONDS)
    finally:
        await nodes.close()


async def _dial_under(context: Context, lease: Lease, nodes: Nodes) -> str:
    """Why it ended; a campaign that cannot be dialled at all is told of.

    Raises `DatabaseUnavailable` and `DatabaseBusy`.
    """
    name = lease.campaign
    try:
        why = await _dial(context, lease, nodes)
    except NotThere as gone:
        log.warning("%s", gone)
        await asyncio.to_thread(leases.release, context.store, lease)
    except (DatabaseUnavailable, DatabaseBusy):
        await asyncio.to_thread(_release, context, lease)
        raise
    except (SettingsError, PbxError, ClockWrong, StorageError) as wrong:
        await asyncio.to_thread(_cannot, context, name, lease, str(wrong))
    else:
        log.info("campaign '%s': %s", name, why)
        return why
    return ""


async def _dial(context: Context, lease: Lease, nodes: Nodes) -> str:
    settings = context.settings
    stored = await asyncio.to_thread(campaigns.get, context.store, lease.campaign)
    logins = (
        await asyncio.to_thread(_logins, context.store, stored) if settings.simulated_agents else []
    )
    logins = logins[: settings.simulated_agents]
    names = [login.agent for login in logins]
    team = Crew(stored.spec, names, settings.simulated_seed) if logins else None
    return await Dialling(context, stored, lease, team, logins, nodes).run()


def _logins(store: Store, stored: Stored) -> list[LogIn]:
    return [
        LogIn(agent.name, agent.phone, agent.node, frozenset(agent.skills), frozenset(agent.teams))
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

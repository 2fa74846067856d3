"""Sharing agents out among the campaigns that are dialled: the sweeper's work, every two seconds.

Not a job: behind a CRM that takes its time, agents would wait for work as long as it does. Twice
at once is harmless, since the second one decides on what the first has ordered.
"""

import logging
from datetime import datetime

from campaigns.orders import CampaignState
from campaigns.sharing import STAY, Sent
from storage import campaigns, shared, sharing
from storage.campaigns import Stored
from storage.candidates import count_due
from storage.engine import Store
from storage.inbound import waiting_calls
from storage.sharing import Dialled

SERVED = (CampaignState.RUNNING, CampaignState.PAUSED)
log = logging.getLogger(__name__)


def share_agents_out(store: Store, now: datetime) -> list[Sent]:
    """Send shared agents to where they are needed now; what was ordered.

    Cheap when nobody is shared. Raises `StorageError`.
    """
    agents = shared.shared_agents(store)
    if not agents:
        return []
    found = [Dialled(c, _leads(store, c, agents, now)) for c in campaigns.dialled(store)]
    orders = sharing.share_agents_out(store, found)
    for sent in orders:
        log.info("%s", _told(sent))
    return orders


def _leads(store: Store, campaign: Stored, agents: int, now: datetime) -> int:
    """As many as can make a difference: those who come stay for a while, so leads that fall due
    meanwhile are theirs as well. Whoever has called in and waits wants an agent as a lead does."""
    if campaign.wanted not in SERVED:
        return 0
    calls = waiting_calls(store, campaign.name) if campaign.spec.inbound is not None else 0
    if campaign.wanted is not CampaignState.RUNNING:
        return calls
    return calls + count_due(store, campaign.spec, agents + 1, now, STAY)


def _told(sent: Sent) -> str:
    if sent.out_of is None:
        return f"agent '{sent.agent}' is logged in to campaign '{sent.to}'"
    if sent.out_of == sent.to:
        return f"agent '{sent.agent}' is to stay in campaign '{sent.to}' after all"
    return f"agent '{sent.agent}' is moved from campaign '{sent.out_of}' to '{sent.to}'"

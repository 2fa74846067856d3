"""Lines for callers that several campaigns would serve."""

from campaigns.orders import CampaignState
from campaigns.spec.campaign import Campaign
from storage import campaigns
from storage.campaigns import Stored
from storage.engine import Store

AT_WORK = (CampaignState.RUNNING, CampaignState.PAUSED)


def served_already(store: Store, spec: Campaign) -> str:
    """Which line of a campaign another one at work serves on the same PBX; empty: none."""
    if spec.inbound is None:
        return ""
    for other in campaigns.list_all(store):
        if not isinstance(other, Stored) or other.name == spec.name or other.spec.inbound is None:
            continue
        lines = [line for line in spec.inbound.lines if line in other.spec.inbound.lines]
        nodes = [node for node in spec.pbx if node in other.spec.pbx]
        if lines and nodes and other.wanted in AT_WORK:
            return (
                f"line '{lines[0]}' of PBX '{nodes[0]}' is served by campaign '{other.name}', "
                f"which is {other.wanted.value}; give one of them another line, or stop the other"
            )
    return ""

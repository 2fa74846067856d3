"""A call that came in is sent into the flow of its line, with what the flow is told of the caller.

Who calls is taken for a person: nobody has listened for a machine. Transfers go out by the first of
the campaign's trunks that reaches the PBX.
"""

from datetime import datetime

from campaigns import inbound_life
from campaigns.call_life import Happening
from campaigns.effects import InboundNoted
from campaigns.inbound_calls import InboundCall
from campaigns.passage import Passage
from campaigns.run import Run
from campaigns.spec.campaign import Campaign
from connectors.flows import EnterFlow
from connectors.party import Party


def enter(run: Run, call: InboundCall, now: datetime, *, is_there: bool = False) -> None:
    """From now on it goes through the flow. `is_there`: it was sent in by who was lost since."""
    if not inbound_life.step(run, call, Happening.ENTERED, now):
        return
    call.passage = Passage()
    run.emit(InboundNoted(call.call_id, now, call.state))
    if not is_there:
        send_in(run, call, now)


def send_in(run: Run, call: InboundCall, now: datetime) -> None:
    """Order the PBX to let it go through the flow. Where the lines have none any more, it ends."""
    if run.inbound_needs is None:
        inbound_life.hang_up(run, call, now)
        return
    told, flow = call.told, run.inbound_needs.flow
    trunk = trunk_on(run.campaign, call.node)
    into = EnterFlow(call.call_id, flow, trunk, told.given, told.tags, told.zones, Party.HUMAN)
    run.send(call.node, into)


def trunk_on(campaign: Campaign, node: str) -> str:
    """The first trunk that reaches a PBX."""
    reaching = (trunk.name for trunk in campaign.trunks if node in trunk.pbx)
    everywhere = (trunk.name for trunk in campaign.trunks if not trunk.pbx)
    return next(reaching, "") or next(everywhere, campaign.trunks[0].name)

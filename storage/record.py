"""Everything a running campaign has to tell, stored in one transaction for each batch.

Repeating a batch does no harm, nor does telling it late: an attempt has one result, the first (or
the first that was seen, where one was only inferred); history and outbox are written only with it;
a note or an agent's change that is there already is passed over, and a late one moves nothing back.
Pacing decisions alone are written as often as they are told, and of what pacing has learned the
last word is kept. The fencing token is checked in the same transaction, so a worker that was
taken over stores nothing any more; what it saw, its successor asks the PBX about, or finds in a
file (`workers.unsaved`).

The token is checked last. The check locks the lease, and every claim begins with that lock: were
it taken first, calls would wait while results are stored. Nothing is kept until it has passed,
and whoever takes the lease over waits for it, so that it sees all of the batch or none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar, get_args
from uuid import UUID

from sqlalchemy import Connection

from campaigns.effects import (
    AgentChanged,
    AttemptDisposed,
    AttemptEnded,
    AttemptNoted,
    Effect,
    InboundDisposed,
    InboundEnded,
    InboundNoted,
    PacingDecided,
    PacingLearned,
    StateChanged,
)
from campaigns.flow_effects import FlowKept
from campaigns.orders import CampaignState
from campaigns.spec.campaign import Campaign
from storage.agent_states import write_changes
from storage.campaigns import write_actual
from storage.dnc import seen_by_all
from storage.engine import Store
from storage.flow_results import write_flows
from storage.inbound_flows import write_inbound_flows
from storage.inbound_results import write_inbound
from storage.leases import Lease, hold
from storage.ledger import Ledger
from storage.memories import write_memory
from storage.notes import write_notes
from storage.pacing import write_decisions

E = TypeVar("E")
FLOW_KEPT: tuple[type[FlowKept], ...] = get_args(FlowKept)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a batch came to. `repeated` results were known already, `unknown` have no attempt.

    `corrected`: they replaced a result that had only been inferred.
    """

    ended: int = 0
    disposed: int = 0
    repeated: int = 0
    unknown: int = 0
    corrected: int = 0


def record(store: Store, lease: Lease, campaign: Campaign, effects: Sequence[Effect]) -> Recorded:
    """Store those `effects` that are to be kept; the others are passed over.

    Raises `LeaseLost` when another worker runs the campaign now, and any other `StorageError`;
    then nothing of the batch is stored. A lease that has lapsed, but that nobody else has
    taken, is good enough: results may always be told.
    """
    with store.writing() as connection:
        write_notes(connection, lease.token, _only(effects, AttemptNoted))
        listed = write_flows(connection, campaign.name, _only(effects, FLOW_KEPT))
        listed += write_inbound_flows(connection, campaign, _only(effects, FLOW_KEPT))
        recorded, by_result, customers = _results(connection, lease, campaign, effects)
        listed += by_result
        by_callers, callers = write_inbound(
            connection,
            campaign,
            _only(effects, InboundNoted),
            _only(effects, InboundEnded),
            _only(effects, InboundDisposed),
        )
        listed += by_callers
        write_changes(connection, campaign.name, _only(effects, AgentChanged))
        write_decisions(connection, campaign.name, _only(effects, PacingDecided))
        write_memory(connection, campaign.name, _only(effects, PacingLearned))
        hold(connection, lease, unexpired=False)
        for change in _only(effects, StateChanged):
            state = CampaignState(change.state)
            write_actual(connection, campaign.name, state, change.at, change.why)
    seen_by_all(store, listed)
    store.tell(customers | callers)
    return recorded


def _results(
    connection: Connection, lease: Lease, campaign: Campaign, effects: Sequence[Effect]
) -> tuple[Recorded, list[str], set[UUID]]:
    ended, disposed = _only(effects, AttemptEnded), _only(effects, AttemptDisposed)
    if not (ended or disposed):
        return Recorded(), [], set()
    ids = [result.attempt_id for result in ended] + [filed.attempt_id for filed in disposed]
    ledger = Ledger(connection, campaign, ids)
    for result in ended:
        ledger.end(result)
    for filed in disposed:
        ledger.file(filed)
    ledger.write(lease.token)
    count = ledger.count
    recorded = Recorded(
        count["ended"],
        count["disposed"],
        count["repeated"],
        count["unknown"],
        count["corrected"],
    )
    return recorded, ledger.listed, ledger.customers


def _only(effects: Sequence[Effect], kind: type[E] | tuple[type[E], ...]) -> list[E]:
    return [effect for effect in effects if isinstance(effect, kind)]

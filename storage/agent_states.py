"""What agents do: their present state, and every change of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    Boolean,
    Connection,
    and_,
    bindparam,
    case,
    or_,
    select,
    update,
)

from campaigns.effects import AgentChanged, AgentState
from campaigns.links import KnownAgent
from campaigns.run import NOT_REACHED
from storage.attempts import OF_TALK, filed, waited
from storage.bulk import insert_rows
from storage.dbtime import CLOCKS_APART, db_time
from storage.engine import Store
from storage.tables.agents import AGENT_STATES, AGENTS
from storage.tables.attempts import ATTEMPTS
from storage.tables.inbound import INBOUND_CALLS

_C, _I = AGENTS.c, INBOUND_CALLS.c


def write_changes(connection: Connection, campaign: str, changes: Sequence[AgentChanged]) -> None:
    """Note each change that is not noted yet, in its order, and move the agents' rows.

    A row ends up with the last change of its agent; one that is told late (from a file that an
    earlier worker left) is noted, and moves no row that has gone on since.
    """
    if not changes:
        return
    names = sorted({change.agent for change in changes})
    query = select(_C.name, _C.state, _C.since).where(_C.name.in_(names)).order_by(_C.name)
    standing = {row.name: row for row in connection.execute(query.with_for_update())}
    before = {name: row.state for name, row in standing.items()}
    new = _not_noted(connection, campaign, changes, standing)
    rows: list[dict[str, Any]] = []
    last: dict[str, dict[str, Any]] = {}
    for change in new:
        rows.append(_row(campaign, change, before.get(change.agent, AgentState.OFFLINE.value)))
        kept = last.get(change.agent, {})
        last[change.agent] = _standing(campaign, change, rows[-1]["before"], kept)
        before[change.agent] = change.state.value
    insert_rows(connection, AGENT_STATES, rows)
    if last:
        connection.execute(_MOVE, [last[name] for name in sorted(last)])


def known_agents(store: Store, campaign: str) -> list[KnownAgent]:
    """The agents of a campaign as its last worker left them, for `Dialler.adopt`."""
    query = (
        select(AGENTS, ATTEMPTS.c.lead_id, ATTEMPTS.c.placed_at, *OF_TALK)
        .add_columns(_I.id.label("inbound_id"), _I.lead_id.label("caller_lead_id"))
        .outerjoin(ATTEMPTS, ATTEMPTS.c.id == _C.attempt_id)
        .outerjoin(INBOUND_CALLS, _I.id == _C.attempt_id)
        .where(_C.campaign == campaign)
        .order_by(_C.since, _C.name)
    )
    with store.reading() as connection:
        return [
            KnownAgent(
                name=row.name,
                phone=row.phone,
                node=row.node,
                skills=frozenset(row.skills),
                teams=frozenset(row.teams),
                state=AgentState(row.state),
                reason=row.reason,
                leg_id=row.leg_id,
                since=row.since,
                attempt_id=row.attempt_id,
                lead_id=row.lead_id or row.caller_lead_id,
                placed_at=row.placed_at,
                waited=waited(row),
                filed=filed(row),
                bound=row.bound or "",
                inbound=row.inbound_id is not None,
            )
            for row in connection.execute(query)
        ]


def _not_noted(
    connection: Connection,
    campaign: str,
    changes: Sequence[AgentChanged],
    standing: Mapping[str, Any],
) -> list[AgentChanged]:
    """Without those that are there already. Only what is no later than its agent's row can be."""
    old = [c for c in changes if c.agent in standing and c.at <= standing[c.agent].since]
    if not old:
        return list(changes)
    of = AGENT_STATES.c
    query = select(of.agent, of.at, of.state).where(
        of.campaign == campaign,
        of.agent.in_({change.agent for change in old}),
        of.at.in_({change.at for change in old}),
    )
    noted = {tuple(row) for row in connection.execute(query)}
    new: list[AgentChanged] = []
    for change in changes:
        # what follows a new one in the same instant is new, however often it was in that state
        follows = any(c.agent == change.agent and c.at == change.at for c in new)
        if follows or (change.agent, change.at, change.state.value) not in noted:
            new.append(change)
    return new


def _row(campaign: str, change: AgentChanged, before: str) -> dict[str, Any]:
    return {
        "agent": change.agent,
        "campaign": campaign,
        "at": change.at,
        "before": before,
        "state": change.state.value,
        "reason": change.reason,
        "attempt_id": change.attempt_id,
    }


def _standing(
    campaign: str, change: AgentChanged, before: str, kept: Mapping[str, Any]
) -> dict[str, Any]:
    """`kept`: what an earlier change of the same batch came to, which ends what it ends."""
    gone = change.state is AgentState.OFFLINE and change.leg_id is None
    return {
        "agent": change.agent,
        "now_campaign": None if gone else campaign,
        "now_state": change.state.value,
        "now_reason": change.reason,
        "now_since": change.at,
        "latest": change.at + CLOCKS_APART,
        "now_leg": change.leg_id,
        "now_attempt": change.attempt_id,
        "still_shared": (not gone or _was_at_work(change, before))
        and kept.get("still_shared", True),
        "still_bound": not gone
        and change.state is not AgentState.PAUSED
        and kept.get("still_bound", True),
    }


def _was_at_work(change: AgentChanged, before: str) -> bool:
    """Whom its campaign has let go, and who may therefore be sent to another one: not who was on
    a break, or does not pick up the phone."""
    return before != AgentState.PAUSED and not change.reason.startswith(NOT_REACHED)


_MOVE = (
    update(AGENTS)
    .where(_C.name == bindparam("agent"))
    # a row that is ahead of the time was moved by a clock that ran too fast, and says nothing
    .where(or_(_C.since <= bindparam("latest", type_=_C.since.type), _C.since > db_time()))
    .values(
        campaign=bindparam("now_campaign"),
        state=bindparam("now_state"),
        reason=bindparam("now_reason"),
        since=bindparam("now_since"),
        leg_id=bindparam("now_leg"),
        attempt_id=bindparam("now_attempt"),
        shared=and_(_C.shared, bindparam("still_shared", type_=Boolean)),
        bound=case((bindparam("still_bound", type_=Boolean), _C.bound)),
    )
)

"""What callers do in flows, on its way into the tables.

Told twice or late it changes nothing: of the answers to a question the last that was given stands,
a step that was left at one moment is there once. What is told of an attempt that the campaign has
not placed is passed over. A wish not to be called again is carried out in the same transaction.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Table, Update, bindparam, case, func, select, update

from campaigns.flow_effects import (
    CallbackWanted,
    FlowKept,
    OptedOut,
    QuestionAnswered,
    StepLeft,
    VoiceKept,
)
from storage.customers.changes import By
from storage.customers.opting_out import note_opt_outs
from storage.dnc import put
from storage.tables.attempts import ATTEMPTS
from storage.tables.flows import FLOW_ANSWERS, FLOW_RECORDINGS, FLOW_STEPS
from storage.upsert import insert_into

_C, _A = ATTEMPTS.c, FLOW_ANSWERS.c
_OF_ANSWER = ("answer", "flow", "at")


def write_flows(connection: Connection, campaign: str, told: Sequence[FlowKept]) -> list[str]:
    """Keep what is told of the campaign's attempts; the numbers that came to do-not-call by it."""
    if not told:
        return []
    numbers = _numbers(connection, campaign, {each.attempt_id for each in told})
    ours = [each for each in told if each.attempt_id in numbers]
    keep(connection, campaign, ours)
    wishes = [e for e in ours if isinstance(e, CallbackWanted)]
    if wishes:
        connection.execute(_CALL_BACK, [{"call": w.attempt_id, "due": w.due} for w in wishes])
    return _opt_out(connection, campaign, [e for e in ours if isinstance(e, OptedOut)], numbers)


def keep(connection: Connection, campaign: str, ours: Sequence[FlowKept]) -> None:
    """Answers, steps and recordings of calls that are the campaign's, whoever has placed them."""
    _write_answers(connection, campaign, [e for e in ours if isinstance(e, QuestionAnswered)])
    _write_steps(connection, campaign, [e for e in ours if isinstance(e, StepLeft)])
    _write_voices(connection, campaign, [e for e in ours if isinstance(e, VoiceKept)])


def answers_of(connection: Connection, attempts: Sequence[UUID]) -> dict[UUID, dict[str, str]]:
    """The answers of calls, by question."""
    found: dict[UUID, dict[str, str]] = {}
    query = select(FLOW_ANSWERS).where(_A.attempt_id.in_(attempts)).order_by(_A.at, _A.question)
    for row in connection.execute(query):
        found.setdefault(row.attempt_id, {})[row.question] = row.answer
    return found


def _numbers(connection: Connection, campaign: str, attempts: set[UUID]) -> dict[UUID, str]:
    query = select(_C.id, _C.number).where(_C.id.in_(attempts), _C.campaign == campaign)
    return {row.id: row.number for row in connection.execute(query)}


def _write_answers(
    connection: Connection, campaign: str, given: Sequence[QuestionAnswered]
) -> None:
    """The latest of a batch for each question, as one statement may not write a row twice."""
    last: dict[tuple[UUID, str], QuestionAnswered] = {}
    for each in sorted(given, key=lambda answer: answer.at):
        last[each.attempt_id, each.question] = each
    if not last:
        return
    statement = insert_into(connection, FLOW_ANSWERS)
    new = statement.excluded
    # by its case for each column, and the time last: MySQL has no WHERE here, and sees what it has
    # set already
    later = {name: case((_A.at <= new.at, new[name]), else_=_A[name]) for name in _OF_ANSWER}
    statement = statement.on_conflict_do_update(
        index_elements=["attempt_id", "question"], set_=later
    )
    connection.execute(statement, [_answer(campaign, each) for each in last.values()])


def _answer(campaign: str, given: QuestionAnswered) -> dict[str, Any]:
    return {
        "attempt_id": given.attempt_id,
        "question": given.question,
        "campaign": campaign,
        "flow": given.flow,
        "answer": given.answer,
        "at": given.at,
    }


def _write_steps(connection: Connection, campaign: str, left: Sequence[StepLeft]) -> None:
    rows = [
        {
            "attempt_id": each.attempt_id,
            "campaign": campaign,
            "at": each.at,
            "flow": each.flow,
            "step": each.step,
            "way": each.way,
            "pressed": each.pressed,
        }
        for each in left
    ]
    if rows:
        new = insert_into(connection, FLOW_STEPS).on_conflict_do_nothing()
        connection.execute(new, rows)


def _write_voices(connection: Connection, campaign: str, kept: Sequence[VoiceKept]) -> None:
    rows = [
        {
            "attempt_id": each.attempt_id,
            "path": each.path,
            "campaign": campaign,
            "flow": each.flow,
            "step": each.step,
            "at": each.at,
        }
        for each in kept
    ]
    if rows:
        connection.execute(insert_into(connection, FLOW_RECORDINGS).on_conflict_do_nothing(), rows)


def _opt_out(
    connection: Connection, campaign: str, wishes: Sequence[OptedOut], numbers: Mapping[UUID, str]
) -> list[str]:
    listed: list[str] = []
    for wish in wishes:
        why = f"opted out in a flow of campaign {campaign}"
        listed += put(connection, [numbers[wish.attempt_id]], wish.at, why)
        note_opt_outs(connection, [numbers[wish.attempt_id]], By(f"campaign:{campaign}"), wish.at)
    if wishes:
        rows = [{"call": wish.attempt_id, "wished_at": wish.at} for wish in wishes]
        connection.execute(_OPTED_OUT, rows)
    return listed


def wishes_on(calls: Table) -> tuple[Update, Update]:
    """How a call's row is told when a call back is `due`, and since when no more calls are wanted:
    of several wishes for that the first."""
    call = update(calls).where(calls.c.id == bindparam("call"))
    due = bindparam("due", type_=calls.c.callback_at.type)
    wished_at = bindparam("wished_at", type_=calls.c.opted_out_at.type)
    first = func.coalesce(calls.c.opted_out_at, wished_at)
    return call.values(callback_at=due), call.values(opted_out_at=first)


_CALL_BACK, _OPTED_OUT = wishes_on(ATTEMPTS)

"""How far an open attempt has got, so that another worker could take over."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, func, select, update

from campaigns.call_life import CallState
from campaigns.effects import AttemptNoted
from storage.dbtime import CLOCKS_APART
from storage.history import Happened, write_history
from storage.tables.attempts import ATTEMPT_EVENTS, ATTEMPTS

_C = ATTEMPTS.c
_REACHED: dict[str, tuple[str, ...]] = {
    CallState.RINGING: ("ringing_at",),
    CallState.ANALYSING: ("answered_at",),
    CallState.WAITING: ("answered_at", "classified_at"),  # the law's clock starts here
    CallState.FLOW: ("answered_at",),
    CallState.ASKING: ("asked_at",),
    CallState.TALKING: ("connected_at",),
}
"""The times that a state is the first to tell; a time that is known already stays."""
_TIMES = ("ringing_at", "answered_at", "classified_at", "asked_at", "connected_at")


def write_notes(connection: Connection, token: int, notes: Sequence[AttemptNoted]) -> None:
    """Write each note to its attempt, if it is still open, and to the history, if it is not there.

    One that is told late adds the time it tells, and says nothing of where the attempt stands now.
    """
    if not notes:
        return
    happened = _happened(connection, {note.attempt_id for note in notes})
    open_ones = [note for note in notes if note.attempt_id in happened]
    if not open_ones:
        return
    connection.execute(_NOTE, [_values(note, happened[note.attempt_id]) for note in open_ones])
    events = [
        Happened(note.attempt_id, note.at, note.state, note.agent or "")
        for note in open_ones
        if (note.at, str(note.state)) not in happened[note.attempt_id]
    ]
    write_history(connection, token, events)


def _happened(
    connection: Connection, attempts: Collection[UUID]
) -> dict[UUID, set[tuple[datetime, str]]]:
    """What the history knows of those `attempts` that are open."""
    query = (
        select(_C.id, ATTEMPT_EVENTS.c.at, ATTEMPT_EVENTS.c.what)
        .outerjoin(ATTEMPT_EVENTS, ATTEMPT_EVENTS.c.attempt_id == _C.id)
        .where(_C.id.in_(attempts), _C.ended_at.is_(None))
    )
    found: dict[UUID, set[tuple[datetime, str]]] = {}
    for row in connection.execute(query):
        found.setdefault(row.id, set())
        if row.at is not None:
            found[row.id].add((row.at, row.what))
    return found


def _values(note: AttemptNoted, known: Collection[tuple[datetime, str]]) -> dict[str, Any]:
    is_late = any(at > note.at + CLOCKS_APART for at, _ in known)
    times = dict.fromkeys(f"at_{name}" for name in _TIMES)
    reached = _REACHED.get(note.state, ())
    return {
        "attempt": note.attempt_id,
        "now_state": None if is_late else note.state,
        "now_agent": None if is_late else note.agent,
        "now_recording": note.recording,
        **times,
        **{f"at_{name}": note.at for name in reached},
    }


_NOTE = (
    update(ATTEMPTS)
    .where(_C.id == bindparam("attempt"), _C.ended_at.is_(None))
    .values(
        state=func.coalesce(bindparam("now_state", type_=_C.state.type), _C.state),
        agent=func.coalesce(bindparam("now_agent", type_=_C.agent.type), _C.agent),
        recording=func.coalesce(bindparam("now_recording", type_=_C.recording.type), _C.recording),
        **{
            name: func.coalesce(_C[name], bindparam(f"at_{name}", type_=_C[name].type))
            for name in _TIMES
        },
    )
)

"""How far an open attempt has got, so that another worker could take over."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, func, update

from campaigns.call_life import CallState
from campaigns.effects import AttemptNoted
from storage.history import Happened, write_history
from storage.tables.attempts import ATTEMPTS

_C = ATTEMPTS.c
_REACHED: dict[str, tuple[str, ...]] = {
    CallState.RINGING: ("ringing_at",),
    CallState.ANALYSING: ("answered_at",),
    CallState.WAITING: ("answered_at", "classified_at"),  # the law's clock starts here
    CallState.TALKING: ("connected_at",),
}
"""The times that a state is the first to tell; a time that is known already stays."""
_TIMES = ("ringing_at", "answered_at", "classified_at", "connected_at")


def write_notes(connection: Connection, token: int, notes: Sequence[AttemptNoted]) -> None:
    """Write each note to its attempt, if it is still open, and to the history."""
    if not notes:
        return
    connection.execute(_NOTE, [_values(note) for note in notes])
    write_history(
        connection, token, [Happened(n.attempt_id, n.at, n.state, n.agent or "") for n in notes]
    )


def _values(note: AttemptNoted) -> dict[str, Any]:
    times = dict.fromkeys(f"at_{name}" for name in _TIMES)
    reached = _REACHED.get(note.state, ())
    return {
        "attempt": note.attempt_id,
        "now_state": note.state,
        "now_agent": note.agent,
        "now_recording": note.recording,
        **times,
        **{f"at_{name}": note.at for name in reached},
    }


_NOTE = (
    update(ATTEMPTS)
    .where(_C.id == bindparam("attempt"), _C.ended_at.is_(None))
    .values(
        state=bindparam("now_state"),
        agent=func.coalesce(bindparam("now_agent", type_=_C.agent.type), _C.agent),
        recording=func.coalesce(bindparam("now_recording", type_=_C.recording.type), _C.recording),
        **{
            name: func.coalesce(_C[name], bindparam(f"at_{name}", type_=_C[name].type))
            for name in _TIMES
        },
    )
)

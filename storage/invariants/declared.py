"""Everything that must always hold, said once: for the views, the doctor and every test.

Each query finds the rows that break its invariant, over the append-only history of the attempts
and the tables that it is the history of. What a line of history tells happened by the campaign's
clock; when it was stored the database's clock says (`stored_at`), which is the judge wherever two
workers, or a worker and a person, are compared.
"""

from storage.invariants import answers, calls, permission, writes
from storage.invariants.sql import Invariant

INVARIANTS: tuple[Invariant, ...] = (
    Invariant("I1", "at most one live attempt on a number at any time", calls.one_live),
    Invariant("I2", "every attempt ends, once, and its result is stored soon", calls.one_result),
    Invariant("I3", "no attempt outside of the hours in force", permission.in_hours),
    Invariant("I4", "no attempt a second after do-not-call was stored", permission.not_listed),
    Invariant(
        "I5", "abandoned calls within the limit at every answer's instant", answers.few_abandoned
    ),
    Invariant("I6", "no cap on attempts, and no gap between them, broken", permission.under_caps),
    Invariant("I7", "each call has one attempt, and each attempt one call", calls.one_row),
    Invariant("I8", "no write under a token lower than one already seen", writes.rising_tokens),
    Invariant("I9", "an agent or the message in time after the greeting", answers.in_time),
    Invariant("I10", "each result is told to others once", writes.told_once),
)

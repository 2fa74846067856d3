"""Who may write, and what others are told (I8, I10)."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, func, literal, or_, select

from storage.inbound_messages import INBOUND_ENDED
from storage.invariants.sql import Breaks, Since, dashed, offence, recent, there
from storage.messages import ANSWERED, ENDS
from storage.tables.attempts import ATTEMPT_EVENTS, ATTEMPTS
from storage.tables.records import OUTBOX
from storage.trimming import messages_gone_to

_A, _E, _O = ATTEMPTS.c, ATTEMPT_EVENTS.c, OUTBOX.c
_ENDED = ("attempt.ended", INBOUND_ENDED)


def rising_tokens(since: Since) -> Sequence[Breaks]:
    """Lines of history come in the order of `seq`, as each is written under the lease's lock."""
    tokens = _tokens(since).c
    higher = func.min(tokens.first).over(
        partition_by=tokens.campaign, order_by=tokens.token, rows=(1, None)
    )
    seen = select(tokens.campaign, tokens.token, tokens.last, higher.label("higher")).subquery()
    # few tokens have written after a higher one, or none: whose lines they are is asked for these
    wrong = select(seen).where(seen.c.last > seen.c.higher).subquery()
    its = and_(wrong.c.campaign == _A.campaign, wrong.c.token == _E.token)
    reason = "its history has a line under a token lower than one already seen"
    query = offence(_A.id, reason, _E.seq > wrong.c.higher, recent(_A.placed_at, since))
    return [query.join(ATTEMPT_EVENTS, _E.attempt_id == _A.id).join(wrong, its).distinct()]


def told_once(since: Since) -> Sequence[Breaks]:
    """One message for each result, whose key is made of the attempt's id; its key is unique."""
    key = dashed(_A.id) + literal(":ended")
    lately = recent(_A.placed_at, since)
    # a message goes some time after it was told; an attempt's id is older than its message's
    told = or_(there(_O.idempotency_key == key), dashed(_A.id) <= messages_gone_to())
    second = ~_may_tell()
    both = and_(_O.delivered_at.is_not(None), _O.dead_at.is_not(None))
    came = recent(_O.created_at, since)
    return [
        offence(_A.id, "nobody was told of its end", _A.ended_at.is_not(None), ~told, lately),
        offence(_O.id, "this message tells of an end once more", _O.kind.in_(_ENDED), second, came),
        offence(_O.id, "this message was delivered, and given up", both, came),
    ]


def _may_tell() -> Any:
    """The message of an end has one of its names: once, once more each time it is corrected,
    and for each answer that came late."""
    call = _O.payload["attempt_id"].as_string()
    by_end = _O.idempotency_key.in_([call + literal(f":{end}") for end in ENDS])
    return or_(by_end, _O.idempotency_key.like(call + literal(f":{ANSWERED}%")))


def _tokens(since: Since) -> Any:
    """From where to where in history each campaign's token has written."""
    first, last = func.min(_E.seq).label("first"), func.max(_E.seq).label("last")
    return (
        select(_A.campaign, _E.token, first, last)
        .join(ATTEMPT_EVENTS, _E.attempt_id == _A.id)
        .where(recent(_A.placed_at, since))
        .group_by(_A.campaign, _E.token)
        .subquery()
    )

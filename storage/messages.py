"""What others are told of a call: plain JSON, times in ISO 8601 UTC, absent things null."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from campaigns.retry import Retrying
from campaigns.spec.answered import Disposition
from storage.columns import clean


@dataclass(frozen=True, slots=True)
class Message:
    """One message for the outbox. The receiver acts once for each `key`."""

    kind: str
    key: str
    payload: dict[str, Any]


RESULTS = ("attempt.", "inbound.")
"""How the kinds of messages about results begin: of placed calls, and of those that came in."""
CUSTOMER_CHANGED, FOLLOW_UP_DUE = "customer.changed", "follow_up.due"  # kinds
ENDED, CORRECTED = "ended", "ended-corrected"
ENDS = (ENDED, CORRECTED, *(f"{CORRECTED}-{nth}" for nth in range(2, 6)))
"""What the key of a message about an end tells: first, then each time that it is stored anew."""
ANSWERED = "answered:"  # and which message it is: a result, told again with answers that came late


def disposed(at: datetime) -> str:
    """What a message tells that an agent's filing at that time has written."""
    return f"disposed:{at:%Y%m%dT%H%M%S%f}"


def key_of(attempt_id: UUID, what: str) -> str:
    """The key of the message that tells `what` of an attempt."""
    return f"{attempt_id}:{what}"


def about_attempt(
    campaign: str,
    attempt: Mapping[str, Any],
    lead: Mapping[str, Any] | None,
    decided: Retrying,
    answers: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The result of an attempt, and what it means for its lead.

    `talk_seconds`: the conversation with an agent. `next_at`: when the lead may be called
    again; null when it will not be. `answers`: in mode ivr, by question; there is no such field
    else.
    """
    facts = {name: _plain(attempt[name]) for name in _OF_ATTEMPT}
    person = {
        "list": lead["list_name"] if lead else "",
        "external_ref": lead["external_ref"] if lead else "",
        "lead_state": str(lead["state"]) if lead else "",
        "attempts_total": lead["attempts_total"] if lead else 1,
    }
    return {
        "attempt_id": str(attempt["id"]),
        "campaign": campaign,
        "direction": "outbound",
        **facts,
        **person,
        "talk_seconds": _seconds(attempt["connected_at"], attempt["ended_at"]),
        "final": decided.final,
        "success": decided.success,
        "do_not_call": decided.do_not_call,
        "next_at": _plain(decided.at),
        **({} if answers is None else {"answers": dict(answers)}),
    }


def about_inbound(
    call: Mapping[str, Any],
    customer_id: UUID | None,
    lead: Mapping[str, Any] | None,
    filed: Disposition | None,
    answers: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The same of a call that came in: `attempt_id` is the call's id, `number` the caller's,
    `placed_at` when it came.

    `filed`: what somebody has chosen, if anybody has. `next_at`: when the caller is to be called.
    """
    facts = {
        "id": call["id"],
        **dict.fromkeys(_OF_ATTEMPT),
        **call,
        "number": call["caller"] or None,
        "customer_id": customer_id,
        "placed_at": call["arrived_at"],
        "intent": filed.intent if filed else None,
    }
    none = {"list_name": "", "external_ref": "", "state": "", "attempts_total": 0}
    decided = Retrying(
        final=bool(filed and filed.final),
        at=call["callback_at"],
        do_not_call=bool(filed and filed.do_not_call),
        success=bool(filed and filed.success),
    )
    told = about_attempt(call["campaign"], facts, lead or none, decided, answers)
    return {**told, "direction": "inbound"}


_OF_ATTEMPT = (
    "lead_id",
    "customer_id",
    "number",
    "outcome",
    "disposition",
    "intent",
    "reason",
    "cause",
    "party",
    "agent",
    "note",
    "recording",
    "placed_at",
    "ringing_at",
    "answered_at",
    "connected_at",
    "ended_at",
)
OF_RESULT = (
    "attempt_id",
    "campaign",
    "direction",
    *_OF_ATTEMPT,
    "list",
    "external_ref",
    "lead_state",
    "attempts_total",
    "talk_seconds",
    "final",
    "success",
    "do_not_call",
    "next_at",
)
"""The fields of a message about a result."""


def _plain(value: Any) -> str | None:
    if value is None:
        return None
    return value.isoformat() if isinstance(value, datetime) else clean(str(value))


def _seconds(start: datetime | None, end: datetime | None) -> float:
    return max(0.0, (end - start).total_seconds()) if start and end else 0.0

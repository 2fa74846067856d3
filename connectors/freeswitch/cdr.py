"""A detail record as mod_json_cdr posts it: of all that it holds, what tells of a call of ours."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from connectors.detail import CallDetail

LATEST = 32_503_680_000  # the year 3000: whoever tells of later means no time


class NotOurs(Exception):
    """A sentence: the record is none of a call, or holds no times."""


def detail_of(record: object) -> CallDetail:
    """Raises `NotOurs`."""
    told = record.get("variables") if isinstance(record, Mapping) else None
    if not isinstance(told, Mapping):
        raise NotOurs("the record has no 'variables'")
    ended = _time(told, "end_epoch")
    if ended is None:
        raise NotOurs("the record has no 'end_epoch', in seconds since 1970")
    return CallDetail(
        call_id=_id(told),
        ended_at=ended,
        answered_at=_time(told, "answer_epoch"),
        cause=_word(told, "hangup_cause"),
        sip=_digits(told, "sip_term_status"),
    )


def _id(told: Mapping[str, Any]) -> UUID:
    """Ours, as FreeSWITCH takes it for its own."""
    try:
        return UUID(_text(told, "uuid"))
    except ValueError:
        raise NotOurs("the record has no 'uuid'") from None


def _time(told: Mapping[str, Any], name: str) -> datetime | None:
    text = _text(told, name)
    seconds = int(text) if text.isdecimal() and len(text) < 12 else 0
    return datetime.fromtimestamp(seconds, UTC) if 0 < seconds < LATEST else None


def _word(told: Mapping[str, Any], name: str) -> str:
    text = _text(told, name)
    return text if text.replace("_", "").isalpha() and len(text) <= 64 else ""


def _digits(told: Mapping[str, Any], name: str) -> str:
    text = _text(told, name)
    return text if text.isdecimal() and len(text) == 3 else ""


def _text(told: Mapping[str, Any], name: str) -> str:
    value = told.get(name)
    text = str(value) if isinstance(value, str | int) else ""
    return text if text.isascii() else ""

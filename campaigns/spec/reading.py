"""How the single values of our YAML are read: text and numbers, made what they mean.

Each function takes what stands in the file, gives the value, and raises `ValueError` with one
phrase for what it expects; `errors` prints that phrase to people.
"""

import re
from collections.abc import Callable
from datetime import date, time
from typing import Any
from unicodedata import category
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors.calls import E164, TOKEN

_DURATION = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)\s*([smhd]?)", re.ASCII)
_UNIT_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_SHARE = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)\s*%", re.ASCII)
DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)
MIDNIGHT = "24:00"
LEAST_RING = 15.0  # seconds a phone must have rung before the call may be ended: 16 CFR 310.4


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def real(value: Any) -> Any:
    if _is_number(value):
        return value
    raise ValueError("a number")


def seconds(value: Any) -> Any:
    if _is_number(value):
        return value
    found = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise ValueError("a duration such as 30s, 10m, 2h or 1d")
    return float(found[1]) * _UNIT_SECONDS[found[2]]


def rings_long_enough(value: float) -> float:
    if value < LEAST_RING:
        raise ValueError(
            f"at least {LEAST_RING:g}s of ringing, the legal minimum of 16 CFR 310.4(b)(4)(ii)"
        )
    return value


def fraction(value: Any) -> Any:
    if _is_number(value):
        return value
    found = _SHARE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise ValueError("a share such as 3% or 0.03")
    return float(found[1]) / 100


def calendar_date(value: Any) -> Any:
    if isinstance(value, date):
        return value
    try:
        if isinstance(value, str) and DATE.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise ValueError("a date such as 2026-11-02")


def clock(value: Any) -> Any:
    if isinstance(value, time):
        return value
    if not (isinstance(value, str) and CLOCK.fullmatch(value)):
        raise ValueError("a time of day such as 09:00")
    return time.fromisoformat(value)


def clock_or_midnight(value: Any) -> Any:
    if value == MIDNIGHT:
        return value
    try:
        return clock(value)
    except ValueError as wrong:
        raise ValueError("a time of day such as 20:00, or 24:00 for the end of the day") from wrong


def hh_mm(value: Any) -> Any:
    return value.strftime("%H:%M") if isinstance(value, time) else value


def zone(value: str) -> str:
    if value == "customer":
        return value
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as unknown:
        raise ValueError("'customer' or an IANA time zone such as Europe/Berlin") from unknown
    return value


def number(value: Any) -> Any:
    if not (isinstance(value, str) and E164.fullmatch(value)):
        raise ValueError('a number in E.164 within quotes, such as "+12125550100"')
    return value


def token(value: Any) -> Any:
    if not (isinstance(value, str) and TOKEN.fullmatch(value)):
        raise ValueError(
            "a name of letters, digits, '-' and '_' (at most 64, a letter or digit first)"
        )
    return value


def line(value: str) -> str:
    if any(category(character) == "Cc" for character in value):
        raise ValueError("text in one line, without control characters")
    return value


def paragraphs(value: str) -> str:
    if any(category(character) == "Cc" for character in value.replace("\n", "").replace("\t", "")):
        raise ValueError("text without control characters other than new lines and tabs")
    return value


def selecting(value: str) -> str:
    """A filter, as it stands. What a site says of its customers is not known here."""
    from campaigns.selection.known import require_known  # noqa: PLC0415 - as below

    return filter_text(value, "a filter", require_known)


def filter_text(value: str, what: str, require: Callable[[Any], None]) -> str:
    """A filter that `require` lets pass, as it stands; `what` people are told was expected."""
    # which are made of our own parts
    from campaigns.selection.problems import BadFilter  # noqa: PLC0415
    from campaigns.selection.reader import read  # noqa: PLC0415

    try:
        require(read(value))
    except BadFilter as wrong:
        hint = f"; {wrong.hint}" if wrong.hint else ""
        text = f"{what}; at character {wrong.at} of it, {wrong.message}{hint}"
        raise ValueError(text) from None
    return value

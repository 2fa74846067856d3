"""The words a campaign's YAML is made of: durations, shares, clock times, zones, tokens, numbers.

Each type says in one phrase what it expects; `spec_errors` prints that phrase to people, and the
JSON Schema tells it to editors.
"""

import re
from datetime import date, time
from typing import Annotated, Any, Literal
from unicodedata import category
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    Strict,
    StringConstraints,
    WithJsonSchema,
)

from connectors.calls import E164, TOKEN

_DURATION = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)\s*([smhd]?)", re.ASCII)
_UNIT_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_SHARE = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)\s*%", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)
MIDNIGHT = "24:00"
LEAST_RING = 15.0  # seconds a phone must have rung before the call may be ended: 16 CFR 310.4


class Part(BaseModel):
    """A part of a campaign: frozen, closed to keys nobody declared, written back as it was read."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, serialize_by_alias=True
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _real(value: Any) -> Any:
    if _is_number(value):
        return value
    raise ValueError("a number")


def _seconds(value: Any) -> Any:
    if _is_number(value):
        return value
    found = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise ValueError("a duration such as 30s, 10m, 2h or 1d")
    return float(found[1]) * _UNIT_SECONDS[found[2]]


def _rings_long_enough(value: float) -> float:
    if value < LEAST_RING:
        raise ValueError(
            f"at least {LEAST_RING:g}s of ringing, the legal minimum of 16 CFR 310.4(b)(4)(ii)"
        )
    return value


def _fraction(value: Any) -> Any:
    if _is_number(value):
        return value
    found = _SHARE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise ValueError("a share such as 3% or 0.03")
    return float(found[1]) / 100


def _date(value: Any) -> Any:
    if isinstance(value, date):
        return value
    try:
        if isinstance(value, str) and _DATE.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise ValueError("a date such as 2026-11-02")


def _clock(value: Any) -> Any:
    if isinstance(value, time):
        return value
    if not (isinstance(value, str) and _CLOCK.fullmatch(value)):
        raise ValueError("a time of day such as 09:00")
    return time.fromisoformat(value)


def _clock_or_midnight(value: Any) -> Any:
    if value == MIDNIGHT:
        return value
    try:
        return _clock(value)
    except ValueError as wrong:
        raise ValueError("a time of day such as 20:00, or 24:00 for the end of the day") from wrong


def _hh_mm(value: Any) -> Any:
    return value.strftime("%H:%M") if isinstance(value, time) else value


def _zone(value: str) -> str:
    if value == "customer":
        return value
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as unknown:
        raise ValueError("'customer' or an IANA time zone such as Europe/Berlin") from unknown
    return value


def _number(value: Any) -> Any:
    if not (isinstance(value, str) and E164.fullmatch(value)):
        raise ValueError('a number in E.164 within quotes, such as "+12125550100"')
    return value


def _token(value: Any) -> Any:
    if not (isinstance(value, str) and TOKEN.fullmatch(value)):
        raise ValueError(
            "a name of letters, digits, '-' and '_' (at most 64, a letter or digit first)"
        )
    return value


def _line(value: str) -> str:
    if any(category(character) == "Cc" for character in value):
        raise ValueError("text in one line, without control characters")
    return value


def _paragraphs(value: str) -> str:
    if any(category(character) == "Cc" for character in value.replace("\n", "").replace("\t", "")):
        raise ValueError("text without control characters other than new lines and tabs")
    return value


def _schema(pattern: str, *examples: str, **number: Any) -> WithJsonSchema:
    """Text of a pattern; with `number`, the bounds of the numbers that may stand there as well."""
    text = {"type": "string", "pattern": pattern}
    if not number:
        return WithJsonSchema({**text, **({"examples": list(examples)} if examples else {})})
    either = [{"type": "number", **number}, text]
    return WithJsonSchema({"anyOf": either, "examples": list(examples)})


Seconds = Annotated[
    float,
    BeforeValidator(_seconds),
    Field(ge=0, le=366 * 86400),
    _schema(r"^\d+(\.\d+)?\s*[smhd]?$", "30s", "10m", "2h", "1d", minimum=0),
]
RungFor = Annotated[
    float,
    BeforeValidator(_seconds),
    AfterValidator(_rings_long_enough),
    Field(le=120),
    _schema(r"^\d+(\.\d+)?\s*[smhd]?$", "20s", minimum=LEAST_RING),
]
Share = Annotated[
    float,
    BeforeValidator(_fraction),
    Field(ge=0, le=1),
    _schema(r"^\d+(\.\d+)?\s*%$", "3%", "0.03", minimum=0, maximum=1),
]
Date = Annotated[
    date,
    BeforeValidator(_date),
    PlainSerializer(date.isoformat),
    _schema(rf"^{_DATE.pattern}$", "2026-11-02"),
]
Clock = Annotated[
    time,
    BeforeValidator(_clock),
    PlainSerializer(_hh_mm),
    _schema(rf"^({_CLOCK.pattern})$", "09:00"),
]
ClockOrMidnight = Annotated[
    time | Literal["24:00"],
    BeforeValidator(_clock_or_midnight),
    PlainSerializer(_hh_mm),
    _schema(rf"^({_CLOCK.pattern}|24:00)$", "20:00", "24:00"),
]
Zone = Annotated[str, AfterValidator(_zone)]
Token = Annotated[str, BeforeValidator(_token), _schema(f"^{TOKEN.pattern}$")]
Number = Annotated[str, BeforeValidator(_number), _schema(f"^{E164.pattern}$", "+12125550100")]
Count = Annotated[int, Strict()]
Real = Annotated[float, BeforeValidator(_real)]
Text = Annotated[str, StringConstraints(max_length=20_000), AfterValidator(_paragraphs)]
Label = Annotated[str, StringConstraints(max_length=80), AfterValidator(_line)]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
ALL_DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

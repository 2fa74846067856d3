"""Values of a site's own fields: made what their type says, or refused with one phrase."""

import re
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, TypeAlias

Value: TypeAlias = str | int | float | bool
"""As JSON holds it: a date and a time as ISO 8601, a time in UTC."""

LONGEST_TEXT = 2000
LONGEST_FOUND_BY = 190
MILLIONTHS = 1_000_000
_LARGEST = 9_000_000_000_000
_WRITTEN = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]*(\d{1,2})(:.*))?", re.ASCII | re.DOTALL
)
_YES = {"true", "yes", "1", "y", "是"}
_NO = {"false", "no", "0", "n", "否"}


class FieldType(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    YES_NO = "yes_no"
    DATE = "date"
    TIME = "time"
    CHOICE = "choice"


class BadValue(ValueError):
    """What was expected, in a phrase, without the value."""


def value_of(kind: FieldType, raw: Any, choices: Collection[str] = ()) -> Value | None:
    """`raw`, from a file, a form or JSON, as a value of that type; None: there is none.

    Raises `BadValue`.
    """
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        return None
    if kind is FieldType.CHOICE:
        return _choice(raw, choices)
    return _READ[kind](raw)


def found_by(kind: FieldType, value: Value) -> Mapping[str, Any]:
    """How an indexed value is looked for: under `text`, `number` or `at`."""
    if kind in (FieldType.TEXT, FieldType.CHOICE):
        return {"text": folded(str(value))}
    if kind is FieldType.NUMBER:
        return {"number": millionths(value)}
    if kind is FieldType.YES_NO:
        return {"number": int(bool(value))}
    at = datetime.fromisoformat(str(value))
    return {"at": at if at.tzinfo else at.replace(tzinfo=UTC)}


def folded(text: str) -> str:
    """Text as it is looked for: without case, and no more of it than an index takes."""
    return text.casefold()[:LONGEST_FOUND_BY]


def millionths(raw: Any) -> int:
    """A number as whole millionths. Raises `BadValue`."""
    whole = _whole(raw)
    return int(_decimal(raw) * MILLIONTHS) if whole is None else whole * MILLIONTHS


def _whole(raw: Any) -> int | None:
    """A whole number, as most are: ten times as fast."""
    if isinstance(raw, str) and raw.isascii() and raw.isdigit() and len(raw) <= len(str(_LARGEST)):
        raw = int(raw)
    return raw if type(raw) is int and abs(raw) <= _LARGEST else None


def _decimal(raw: Any) -> Decimal:
    try:
        number = Decimal(str(raw).strip()) if not isinstance(raw, bool) else None
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite() or abs(number) > _LARGEST:
        raise BadValue("a number, such as 1200 or 0.5")
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -6 and number != round(number, 6):
        raise BadValue("a number with at most 6 decimals")
    return number


def _text(raw: Any) -> str:
    if not isinstance(raw, str | int | float) or isinstance(raw, bool):
        raise BadValue("text")
    text = str(raw).strip()
    if len(text) > LONGEST_TEXT:
        raise BadValue(f"text of at most {LONGEST_TEXT} characters")
    return text


def _number(raw: Any) -> int | float:
    whole = _whole(raw)
    if whole is not None:
        return whole
    number = _decimal(raw)
    return int(number) if number == number.to_integral_value() else float(number)


def _yes_no(raw: Any) -> bool:
    if isinstance(raw, bool):
        return raw
    word = str(raw).strip().casefold()
    if word in _YES or word in _NO:
        return word in _YES
    raise BadValue("yes or no")


def time_of(raw: Any) -> datetime | None:
    """What is written as a time, the year first; with a zone, if it has one. None: it is none."""
    text = str(raw).strip()
    for form in (text, _iso(text)):
        try:
            return datetime.fromisoformat(form)
        except ValueError:
            continue
    return None


def _iso(text: str) -> str:
    """ISO 8601 of what spreadsheets and people write: `2026/1/5 9:30`, `2026年1月5日`."""
    written = _WRITTEN.fullmatch(text)
    if written is None:
        return text
    year, month, day, hour, rest = written.groups()
    date = f"{year}-{month:0>2}-{day:0>2}"
    return f"{date}T{hour:0>2}{rest}" if hour else date


def _date(raw: Any) -> str:
    try:
        return date.fromisoformat(_iso(str(raw).strip())).isoformat()
    except ValueError:
        raise BadValue("a date such as 2026-11-28") from None


def _time(raw: Any) -> str:
    at = time_of(raw)
    if at is None or at.tzinfo is None:
        raise BadValue("a time with its zone, such as 2026-11-28T09:00:00+08:00")
    try:
        return at.astimezone(UTC).isoformat()
    except OverflowError:
        raise BadValue("a time of our era") from None


def _choice(raw: Any, choices: Collection[str]) -> str:
    word = _text(raw)
    if word not in choices:
        raise BadValue(f"one of {', '.join(choices)}")
    return word


_READ: Mapping[FieldType, Callable[[Any], Value]] = {
    FieldType.TEXT: _text,
    FieldType.NUMBER: _number,
    FieldType.YES_NO: _yes_no,
    FieldType.DATE: _date,
    FieldType.TIME: _time,
}

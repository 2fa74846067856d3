"""What `dialplane flow try` is given on the command line, made what it means."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from campaigns.spec.errors import nearest
from campaigns.spec.reading import zone
from cli.errors import InputError

_KEYS = re.compile(r"[0-9*#]*", re.ASCII)
DOWN = "down"


def keys_of(digits: str) -> list[str]:
    """`1,,25#` as `1`, nothing, `25#`. Raises `InputError`."""
    entries = [part.strip() for part in digits.split(",")] if digits.strip() else []
    wrong = next((entry for entry in entries if not _KEYS.fullmatch(entry)), None)
    if wrong is not None:
        raise InputError(
            f"--digits: expected keys of a telephone with commas between, such as 1,25# "
            f"(got {wrong!r})"
        )
    return entries


def fields_of(given: Iterable[str]) -> dict[str, str]:
    """`due=120` as a field and its text. Raises `InputError`."""
    return dict(_pair(text, "--field", "NAME=TEXT") for text in given)


def webhooks_of(given: Iterable[str]) -> dict[str, dict[str, str] | None]:
    """`slots.offer=ten` as an endpoint's answer, `slots=down` as none. Raises `InputError`."""
    answers: dict[str, dict[str, str] | None] = {}
    for text in given:
        name, value = _pair(text, "--webhook", "ENDPOINT.FIELD=TEXT or ENDPOINT=down")
        endpoint, dot, field = name.partition(".")
        if not dot and value != DOWN:
            raise _wrong("--webhook", "ENDPOINT.FIELD=TEXT or ENDPOINT=down", text)
        answers[endpoint] = {**(answers.get(endpoint) or {}), field: value} if dot else None
    return answers


def require_known(option: str, given: Iterable[str], known: Iterable[str], what: str) -> None:
    """Raises `InputError` for a name that the flow has not: it would change nothing."""
    there = sorted(known)
    for name in given:
        if name not in there:
            hint = nearest(name, there) or f"it has {', '.join(there) or 'none'}"
            raise InputError(f"{option}: expected {what} of the flow (got {name!r}); {hint}")


def zones_of(given: Iterable[str]) -> tuple[str, ...]:
    """IANA time zones. Raises `InputError`."""
    for name in given:
        try:
            zone("" if name == "customer" else name)
        except ValueError as wrong:
            raise _wrong("--zone", "an IANA time zone such as Europe/Berlin", name) from wrong
    return tuple(given)


def moment_of(text: str) -> datetime:
    """A moment, in UTC. Raises `InputError`."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as wrong:
        raise _wrong("--at", "a moment such as 2026-11-27T10:00-05:00", text) from wrong
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _pair(text: str, option: str, form: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise _wrong(option, form, text)
    return name, value


def _wrong(option: str, expected: str, got: str) -> InputError:
    return InputError(f"{option}: expected {expected} (got {got!r})")

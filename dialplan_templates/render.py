"""Writes the PBX configuration that Dialplane needs: fixed files with a few checked values.

The files are what an engineer reads and what Asterisk gets. There is no template language in
between: a value goes in only if its own allow-list takes it whole, so that no value can add a
line, an extension or a variable (threat T5: autoescaping knows nothing of dialplans).
"""

import re
from dataclasses import astuple, dataclass
from pathlib import Path

from dialplan_templates.doors import LOOPBACK, permits

FOLDER = Path(__file__).parent / "asterisk"
FILES = (
    "extensions.d/dialplane.conf",
    "manager.d/dialplane.conf",
    "confbridge.d/dialplane.conf",
)
# What connectors.asterisk reads, and where only some are of use: a header and how it begins.
EVENTS = {
    "FullyBooted": None,
    "OriginateResponse": None,
    "DialState": ("DialStatus", "PRO"),  # PROGRESS, PROCEEDING; ringing is in Newstate
    "Newstate": None,
    "Hangup": None,
    "UserEvent": ("UserEvent", "Dialplane"),
    "ConfbridgeJoin": None,
    "DTMFEnd": ("Direction", "Received"),
}
FIELDS = {
    "secret": (re.compile(r"[0-9A-Za-z_.~-]{16,128}"), "16 to 128 letters, digits and _ . ~ -"),
    "user": (re.compile(r"[A-Za-z][0-9A-Za-z_-]{0,63}"), "a letter, then letters, digits, _ and -"),
}


@dataclass(frozen=True, slots=True)
class Amd:
    """How the PBX tells a machine from a human; times in milliseconds, in AMD()'s own order."""

    initial_silence: int = 2500
    greeting: int = 1500
    after_greeting_silence: int = 800
    total_analysis_time: int = 5000
    minimum_word_length: int = 100
    between_words_silence: int = 50
    maximum_number_of_words: int = 3
    silence_threshold: int = 256
    maximum_word_length: int = 5000


def asterisk_files(
    *,
    secret: str,
    user: str = "dialplane",
    permit: str = LOOPBACK,
    hold_seconds: int = 60,
    amd: Amd | None = None,
    regex_filters: bool = False,
) -> dict[str, str]:
    """The files for Asterisk 18 or newer, by their path below /etc/asterisk.

    `permit` names the addresses that may log in, joined by commas. `hold_seconds`: an answered
    call that Dialplane leaves alone is hung up after this. `regex_filters` writes the event filters
    in the form that Asterisk before 18.25, 20.10, 21.5 and 22 understands (slower, and understood
    by all): see `versions.needs_regex_filters`.
    Raises `ValueError` with a sentence that names the field and what it takes.
    """
    values = {
        "SECRET": _checked("secret", secret),
        "USER": _checked("user", user),
        "PERMIT": _permits(permit),
        "HOLD": _number("hold_seconds", hold_seconds, 1, 3600),
        "AMD": ",".join(_number("amd", part, 0, 60_000) for part in astuple(amd or Amd())),
        "FILTERS": "\n".join(map(_regex_filter if regex_filters else _filter, EVENTS)),
    }
    return {path: _filled((FOLDER / path).read_text("utf-8"), values) for path in FILES}


def _filled(text: str, values: dict[str, str]) -> str:
    return re.sub(r"@([A-Z]+)@", lambda found: values[found.group(1)], text)


def _checked(field: str, value: str) -> str:
    pattern, takes = FIELDS[field]
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ValueError(f"the PBX configuration's {field} must be {takes}")
    return value


def _permits(value: str) -> str:
    try:
        return permits(value)
    except ValueError as takes:
        raise ValueError(f"the PBX configuration's permit must be {takes}") from None


def _number(field: str, value: int, low: int, high: int) -> str:
    if not isinstance(value, int) or not low <= value <= high:
        raise ValueError(f"the PBX configuration's {field} must be a number from {low} to {high}")
    return str(int(value))


def _filter(event: str) -> str:
    only = EVENTS[event]
    if only is None:
        return f"eventfilter(action(include),name({event})) ="
    header, start = only
    return (
        f"eventfilter(action(include),name({event}),header({header}),method(starts_with)) = {start}"
    )


def _regex_filter(event: str) -> str:
    return f"eventfilter = Event: {event}"

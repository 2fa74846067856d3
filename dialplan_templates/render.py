"""Writes the PBX configuration that Dialplane needs: templates, and a few values that are checked.

A value meets two locks: here its own allow-list, which knows what it means and names it to people,
and in the template that of the place where it is printed (`places`). No value can add a line, an
extension or a variable (threat T5: autoescaping knows nothing of dialplans).
"""

import re
from dataclasses import astuple
from typing import Any, NamedTuple

from connectors.calls import Amd
from dialplan_templates.doors import LOOPBACK, permits
from dialplan_templates.stamp import stamped
from dialplan_templates.writer import fill


class Only(NamedTuple):
    """Of an event those whose header begins so."""

    header: str
    start: str


MANAGER = "manager.d/dialplane.conf"
DIALPLAN = "extensions.d/dialplane.conf"
PROFILES = "confbridge.d/dialplane.conf"
CALLS = (DIALPLAN, PROFILES)
"""What calls and agents' phones pass through; it holds no secret."""
_MADE_WITH = re.compile(
    r"^; Made with hold ([0-9]{1,4}), amd ([0-9]{1,5}(?:,[0-9]{1,5}){8})$", re.ASCII | re.MULTILINE
)
FILES = (*CALLS, MANAGER)
INSTALLER = "manager.d/dialplane-install.conf"
# What connectors.asterisk reads, and where only some are of use: a header and how it begins.
EVENTS: dict[str, Only | None] = {
    "FullyBooted": None,
    "OriginateResponse": None,
    "DialState": Only("DialStatus", "PRO"),  # PROGRESS, PROCEEDING; ringing is in Newstate
    "Newstate": None,
    "Hangup": None,
    "UserEvent": Only("UserEvent", "Dialplane"),
    "ConfbridgeJoin": None,
    "DTMFEnd": Only("Direction", "Received"),
}
FIELDS = {
    "secret": (re.compile(r"[0-9A-Za-z_.~-]{16,128}"), "16 to 128 letters, digits and _ . ~ -"),
    "user": (re.compile(r"[A-Za-z][0-9A-Za-z_-]{0,63}"), "a letter, then letters, digits, _ and -"),
}


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
        "secret": checked("secret", secret),
        "user": checked("user", user),
        "permit": _permits(permit),
        "events": EVENTS,
        "regex_filters": regex_filters,
    }
    calls = asterisk_call_files(hold_seconds=hold_seconds, amd=amd)
    return {**calls, MANAGER: fill("asterisk", MANAGER, values)}


def asterisk_call_files(*, hold_seconds: int = 60, amd: Amd | None = None) -> dict[str, str]:
    """Those of them that calls pass through, stamped. Raises as `asterisk_files` does."""
    values = {
        "hold_seconds": _number("hold_seconds", hold_seconds, 1, 3600),
        "amd": [_number("amd", part, 0, 60_000) for part in astuple(amd or Amd())],
    }
    return {path: stamped(path, fill("asterisk", path, values)) for path in CALLS}


def asterisk_call_files_like(has: str) -> dict[str, str]:
    """The same with the settings that the dialplan `has` was made with; where it does not tell
    them, or tells what they cannot be, with the defaults."""
    found = _MADE_WITH.search(has)
    try:
        return asterisk_call_files(**_settings(found)) if found else asterisk_call_files()
    except ValueError:
        return asterisk_call_files()


def _settings(made_with: re.Match[str]) -> dict[str, Any]:
    return {
        "hold_seconds": int(made_with[1]),
        "amd": Amd(*(int(part) for part in made_with[2].split(","))),
    }


def installer_file(*, secret: str, user: str, permit: str = LOOPBACK) -> dict[str, str]:
    """The AMI user that may reload the dialplan and see it. Raises as `asterisk_files` does."""
    values = {
        "secret": checked("secret", secret),
        "user": checked("user", user),
        "permit": _permits(permit),
    }
    return {INSTALLER: fill("asterisk", INSTALLER, values)}


def checked(field: str, value: str) -> str:
    """The value, if it is what the field takes. Raises `ValueError`."""
    pattern, takes = FIELDS[field]
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ValueError(f"the PBX configuration's {field} must be {takes}")
    return value


def _permits(value: str) -> list[str]:
    try:
        return permits(value)
    except ValueError as takes:
        raise ValueError(f"the PBX configuration's permit must be {takes}") from None


def _number(field: str, value: int, low: int, high: int) -> int:
    if not isinstance(value, int) or not low <= value <= high:
        raise ValueError(f"the PBX configuration's {field} must be a number from {low} to {high}")
    return int(value)

"""A lead from outside, checked and turned into a row. Hostile text stays text."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connectors.calls import E164, TOKEN
from storage.columns import ZONES, clean
from storage.facts import join_zones
from storage.ids import new_id
from storage.tables.people import LeadState

_ZONE = re.compile(r"[A-Za-z0-9_+/-]{1,64}", re.ASCII)
_HIGHEST_PRIORITY = 1_000_000
_LONGEST_FIELDS = 65_536


@dataclass(frozen=True, slots=True)
class NewLead:
    """A lead to be imported.

    `zones`: the IANA zones the number may be in. `fields`: anything else that agents may want
    to see. Texts may hold whatever they like; `segment` and `skills` are tokens.
    """

    number: str  # E.164
    name: str = ""
    priority: int = 0  # the higher, the sooner
    score: int = 0  # how promising; the higher, the sooner, in the order of that name
    segment: str = ""
    skills: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    external_ref: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RefusedLead:
    """A lead that was not imported. `position` counts the given leads from 1."""

    position: int
    why: str


def why_refused(lead: NewLead) -> str | None:
    """What is wrong with a lead, in words; None: nothing."""
    return next((words for wrong, words in _CHECKS if wrong(lead)), None)


def to_row(lead: NewLead, list_name: str, now: datetime) -> dict[str, Any]:
    """The lead as a row of its table, all but the customer."""
    return {
        "id": new_id(),
        "list_name": list_name,
        "number": lead.number,
        "name": lead.name,
        "rank": -lead.priority,
        "score_rank": -lead.score,
        "segment": lead.segment,
        "skills": sorted(set(lead.skills)),
        "zones": join_zones(lead.zones),
        "external_ref": lead.external_ref,
        "fields": {clean(key): clean(value) for key, value in lead.fields.items()},
        "state": LeadState.READY,
        "next_at": now,
        "tries": {},
        "attempts_total": 0,
        "last_outcome": "",
        "last_disposition": "",
        "created_at": now,
    }


def _not_tokens(lead: NewLead) -> bool:
    return not all(TOKEN.fullmatch(skill) for skill in lead.skills)


def _zones_too_long(lead: NewLead) -> bool:
    return len(join_zones(lead.zones)) > (ZONES.length or 0)


_CHECKS: tuple[tuple[Callable[[NewLead], bool], str], ...] = (
    (
        lambda lead: not E164.fullmatch(lead.number),
        "the number is not E.164: a plus sign, the country code, the number, digits only",
    ),
    (
        lambda lead: abs(lead.priority) > _HIGHEST_PRIORITY,
        f"the priority is not between -{_HIGHEST_PRIORITY} and {_HIGHEST_PRIORITY}",
    ),
    (
        lambda lead: abs(lead.score) > _HIGHEST_PRIORITY,
        f"the score is not between -{_HIGHEST_PRIORITY} and {_HIGHEST_PRIORITY}",
    ),
    (
        lambda lead: bool(lead.segment) and not TOKEN.fullmatch(lead.segment),
        "the segment is not a token: letters, digits, _ and -, at most 64",
    ),
    (_not_tokens, "a skill is not a token: letters, digits, _ and -, at most 64"),
    (
        lambda lead: not all(_ZONE.fullmatch(zone) for zone in lead.zones),
        "a time zone is not an IANA name such as Europe/Berlin",
    ),
    (_zones_too_long, "the number has too many candidate time zones"),
    (
        lambda lead: len(json.dumps(dict(lead.fields))) > _LONGEST_FIELDS,
        f"the further fields are longer than {_LONGEST_FIELDS} characters together",
    ),
)

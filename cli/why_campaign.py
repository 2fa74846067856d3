"""The funnel of a campaign: its leads, how many each rule refuses, and how many are left."""

from dataclasses import dataclass
from datetime import datetime

from campaigns.rules import RULES
from cli import output
from cli.hindrances import hindrance
from cli.output import details, emit
from cli.site import Site
from cli.surveying import surveyed
from storage.campaigns import Stored
from storage.survey import Survey


@dataclass(frozen=True, slots=True)
class Step:
    """A rule: how many leads it refuses of those that the rules before have left."""

    rule: str
    refused: int
    left: int


@dataclass(frozen=True, slots=True)
class Funnel:
    """`next_lead_due`: when the first may be called, if nothing but time passes. `hindrance`: what
    keeps the campaign from calling whoever is left; None: nothing does."""

    campaign: str
    lists: tuple[str, ...]
    filter: str | None
    leads: int
    funnel: list[Step]
    callable_now: int
    next_lead_due: datetime | None
    hindrance: str | None


def funnel_of(site: Site, stored: Stored, at: datetime, quiet: bool) -> Funnel:
    """Judge every lead of the campaign. Reads only. `quiet`: no bar tells how far it is."""
    spec = stored.spec
    found = surveyed(site.store, spec, at, quiet)
    return Funnel(
        stored.name,
        spec.leads.lists,
        spec.leads.filter,
        found.leads,
        steps(found),
        found.callable_now,
        found.next_at,
        hindrance(site, stored),
    )


def steps(found: Survey) -> list[Step]:
    """In the order in which the rules are asked: the first that refuses a lead has it."""
    made, left = list[Step](), found.leads
    for rule in RULES:
        left -= found.refused[rule]
        made.append(Step(rule, found.refused[rule], left))
    return made


def tell_funnel(made: Funnel, as_json: bool) -> None:
    if as_json:
        emit(made)
        return
    due = made.next_lead_due
    details(
        (
            ("campaign", made.campaign),
            ("list", ", ".join(made.lists)),
            *([("filter", made.filter)] if made.filter is not None else []),
            ("leads", made.leads),
            ("callable now", made.callable_now),
            ("next lead due", f"{output.shown(due)} UTC" if due else "none is left to call"),
            ("hindrance", made.hindrance or "none"),
        )
    )
    rows = [(step.rule, step.refused, step.left) for step in made.funnel]
    output.show(("rule", "#refuses", "#left"), rows)

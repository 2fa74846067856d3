"""The desk at which rules act: everything that they may touch, locked in the order of all."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from campaigns.crm.rules.deciding import Standing
from campaigns.crm.rules.model import Rule
from campaigns.spec.campaign import Campaign
from storage.bulk import insert_new
from storage.campaigns import go_on
from storage.customers.changing import Changing
from storage.ids import new_id
from storage.outbox import write_messages
from storage.rules import kept
from storage.rules.acting import Case, Desk
from storage.rules.leads import Placer, lock_leads
from storage.rules.seeing import Sight
from storage.tables.rules import RULE_ACTS


@dataclass(frozen=True, slots=True)
class Works:
    """What changes are heeded by: the rules that are on, the campaigns that they name, and whether
    others are to be told of changes."""

    rules: Sequence[Standing] = ()
    campaigns: Mapping[str, Campaign] = field(default_factory=dict)
    tells: bool = False


def open_desk(
    pen: Changing,
    works: Works,
    names: Collection[str],
    placing: Collection[UUID],
    customers: Collection[UUID],
) -> Desk:
    """`names`: of rules that may act; `placing`: customers who may come on a list; `customers`:
    all that may change. Who is not there any more is left out."""
    rows = kept.lock(pen.connection, names)
    lock_leads(pen.connection, placing)
    pen.hold_known({*customers, *placing})
    people = list(pen.rows)
    sight = Sight(pen.connection, people, pen.known.fields if names else {})
    on_lists = set(placing) & set(people)
    placer = Placer.of(pen.connection, on_lists, works.campaigns, pen.at)
    turns = {name: int(row.turn) for name, row in rows.items()}
    return Desk(pen, sight, placer, pen.at, works.campaigns, turns)


def act(desk: Desk, rule: Rule, case: Case) -> dict[str, Any]:
    """Let a rule act; the row that says so."""
    did = desk.act(rule, case)
    return {
        "id": new_id(),
        "rule": rule.name,
        "customer_id": case.customer,
        "occasion": case.occasion,
        "depth": case.depth,
        "at": desk.now,
        "did": did,
    }


def write_acts(desk: Desk, acted: Sequence[Mapping[str, Any]]) -> None:
    """That rules have acted, what they send, how often they did, and what they could not do."""
    desk.placer.write()
    desk.write_tags()
    insert_new(desk.connection, RULE_ACTS, acted, ["rule", "customer_id", "occasion"])
    write_messages(desk.connection, desk.messages)
    go_on(desk.connection, desk.fed, desk.now)
    count: dict[str, int] = {}
    for row in acted:
        count[row["rule"]] = count.get(row["rule"], 0) + 1
    kept.write_fared(desk.connection, count, desk.errors, desk.turns, desk.now)

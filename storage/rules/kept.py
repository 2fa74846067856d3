"""Rules as they are kept: every file that was applied, which rules are on, and how they fare."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, select, update

from campaigns.crm.rules.deciding import Standing
from campaigns.crm.rules.model import OnIdle, Rule, Rules
from campaigns.crm.rules.site import SiteWords
from campaigns.spec.errors import nearest
from storage import campaigns
from storage.campaigns import Stored
from storage.customers import definitions
from storage.customers.changes import last_seq
from storage.engine import Store
from storage.errors import NotThere
from storage.tables.rules import RULE_FILES, RULES
from storage.upsert import upsert

_F, _R = RULE_FILES.c, RULES.c
_SWEPT = ("swept_to", "swept_id", "swept_at")


@dataclass(frozen=True, slots=True)
class Applied:
    """Names. `changed`: rules that say something else now; `version`: of the whole file."""

    version: int
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """A rule with what is known of it. `rule`: None where another version of this program has
    applied it, and this one cannot read it: then it does nothing."""

    name: str
    rule: Rule | None
    is_on: bool
    acted: int
    acted_at: datetime | None
    last_error: str
    error_at: datetime | None
    standing: Standing | None


def apply(store: Store, rules: Rules, yaml: str, now: datetime, is_on: bool = True) -> Applied:
    """Let these rules count from now on, and no others. Rules that were there stay on, or off, as
    they are; `is_on`: new ones. A rule that is new, or says something else, acts on what changes
    from now on."""
    spec = rules.model_dump(mode="json", by_alias=True)
    digest = hashlib.sha256(json.dumps(spec, sort_keys=True).encode()).hexdigest()
    with store.writing() as connection:
        before = {row.name: row for row in connection.execute(select(RULES).with_for_update())}
        there = {name: row for name, row in before.items() if row.removed_at is None}
        now_there = {each["name"]: each for each in spec["rules"]}
        version = _add_version(connection, yaml, spec, digest, now)
        rows = _rows(connection, spec["rules"], there, is_on)
        upsert(connection, RULES, rows, ["name"])
        removed = sorted(set(there) - set(now_there))
        gone = update(RULES).where(_R.name.in_(removed))
        connection.execute(gone.values(removed_at=now))
    same = {name for name in now_there if name in there and there[name].spec == now_there[name]}
    added = [name for name in now_there if name not in there]
    changed = [name for name in now_there if name in there and name not in same]
    return Applied(version, tuple(added), tuple(changed), tuple(removed))


def switch(store: Store, name: str, is_on: bool) -> bool:
    """Switch a rule on or off; False: it was so. One that is switched on acts on what changes from
    then on, and looks anew at whom nobody follows up. Raises `NotThere`."""
    with store.writing() as connection:
        query = select(_R.is_on).where(_R.name == name, _R.removed_at.is_(None))
        found = connection.execute(query.with_for_update()).first()
        if found is None:
            raise _not_there(connection, name)
        if found.is_on == is_on:
            return False
        fresh = {"since": last_seq(connection), **dict.fromkeys(_SWEPT)}
        values = {"is_on": is_on, **(fresh if is_on else {})}
        connection.execute(update(RULES).where(_R.name == name).values(**values))
    return True


def listed(store: Store) -> list[Kept]:
    """The rules of the newest file, in their order."""
    query = select(RULES).where(_R.removed_at.is_(None)).order_by(_R.position)
    with store.reading() as connection:
        return [_kept(row) for row in connection.execute(query)]


def on(connection: Connection) -> list[Standing]:
    """Those that are switched on, in their order."""
    query = select(RULES).where(_R.removed_at.is_(None), _R.is_on).order_by(_R.position)
    kept = [_kept(row) for row in connection.execute(query)]
    return [each.standing for each in kept if each.standing is not None]


def newest_yaml(store: Store) -> str | None:
    """The text of the file that counts."""
    query = select(_F.yaml).order_by(_F.version.desc()).limit(1)
    with store.reading() as connection:
        found: str | None = connection.execute(query).scalar()
    return found


def site_words(store: Store) -> SiteWords:
    """What rules may name here."""
    known, every = definitions.read(store), campaigns.list_all(store)
    readable = [each for each in every if isinstance(each, Stored)]
    lists = {each.name: each.spec.leads.lists for each in readable}
    filed = {d.name for each in readable for d in each.spec.dispositions}
    dispositions = sorted(filed) if len(readable) == len(every) else None
    return SiteWords(tuple(known.stages), known.intents, known.fields, lists, dispositions)


def asks_after_idle(store: Store) -> bool:
    """Whether any rule that is on waits for customers whom nobody follows up."""
    with store.reading() as connection:
        return any(isinstance(each.rule.when, OnIdle) for each in on(connection))


def write_fared(
    connection: Connection,
    acted: Mapping[str, int],
    errors: Mapping[str, str],
    turns: Mapping[str, int],
    now: datetime,
) -> None:
    """How often rules have acted, what they could not do, and whose turn is next; their rows are
    locked by then."""
    for name in sorted(acted):
        values: dict[str, Any] = {"acted": _R.acted + acted[name], "acted_at": now}
        if name in errors:
            values |= {"last_error": errors[name], "error_at": now}
        if name in turns:
            values["turn"] = turns[name]
        connection.execute(update(RULES).where(_R.name == name).values(**values))


def lock(connection: Connection, names: Collection[str]) -> dict[str, Any]:
    """The rows of rules by name, in one order for all, so that two who let the same rules act go
    one after the other."""
    query = select(RULES).where(_R.name.in_(names)).order_by(_R.name).with_for_update()
    return {row.name: row for row in connection.execute(query)} if names else {}


def _rows(
    connection: Connection, specs: Sequence[dict[str, Any]], there: Mapping[str, Any], is_on: bool
) -> list[dict[str, Any]]:
    since = last_seq(connection)
    return [_row(n, spec, there.get(spec["name"]), since, is_on) for n, spec in enumerate(specs)]


def _row(n: int, spec: dict[str, Any], was: Any, since: int, is_on: bool) -> dict[str, Any]:
    same = was is not None and was.spec == spec
    counted = ("acted", "acted_at", "last_error", "error_at", "turn")
    fresh = {"acted": 0, "acted_at": None, "last_error": "", "error_at": None, "turn": 0}
    return {
        "name": spec["name"],
        "position": n,
        "spec": spec,
        "is_on": is_on if was is None else was.is_on,
        "since": was.since if same else since,
        **(fresh if was is None else {name: getattr(was, name) for name in counted}),
        **{name: getattr(was, name) if same else None for name in _SWEPT},
        "removed_at": None,
    }


def _add_version(
    connection: Connection, yaml: str, spec: dict[str, Any], digest: str, now: datetime
) -> int:
    query = select(_F.version, _F.digest).order_by(_F.version.desc()).limit(1)
    last = connection.execute(query).first()
    if last is not None and last.digest == digest:
        return int(last.version)
    version = 1 if last is None else last.version + 1
    row = {"version": version, "yaml": yaml, "spec": spec, "digest": digest, "applied_at": now}
    connection.execute(RULE_FILES.insert().values(row))
    return int(version)


def _kept(row: Any) -> Kept:
    try:
        rule = Rule.model_validate_json(json.dumps(row.spec))
    except ValidationError:
        rule = None
    standing = Standing(rule, row.since) if rule is not None else None
    facts = (row.is_on, row.acted, row.acted_at, row.last_error, row.error_at)
    return Kept(row.name, rule, *facts, standing)


def _not_there(connection: Connection, name: str) -> NotThere:
    known = list(connection.execute(select(_R.name).where(_R.removed_at.is_(None))).scalars())
    what = nearest(name, known) or "see 'dialplane crm rules list'"
    return NotThere(f"There is no rule '{name}'; {what}")

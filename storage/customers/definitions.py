"""What a site says of its customers, as the database keeps it. What is taken out stays there,
marked: customers may be in that stage, or have a value in that field."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from campaigns.crm.model import Crm, CustomField, Stage
from campaigns.crm.values import FieldType
from campaigns.importing.mapping import Duplicates
from storage.engine import Store
from storage.errors import Refused
from storage.rules.in_use import rule_that_lacks
from storage.selection.in_use import asked_fields
from storage.tables.crm import CUSTOM_FIELDS, STAGES
from storage.tables.records import META
from storage.upsert import upsert

INTENTS, DUPLICATES = "crm.intents", "crm.duplicates"
_S, _F = STAGES.c, CUSTOM_FIELDS.c


@dataclass(frozen=True, slots=True)
class Definitions:
    """What counts now, by name, in the order of the file."""

    stages: Mapping[str, Stage] = field(default_factory=dict)
    fields: Mapping[str, CustomField] = field(default_factory=dict)
    intents: tuple[str, ...] = ()
    duplicates: Duplicates | None = None


@dataclass(frozen=True, slots=True)
class Applied:
    """Names. `to_index`: fields that customers are to be found by from now on."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    to_index: tuple[str, ...]


def apply(store: Store, crm: Crm, now: datetime) -> Applied:
    """Let `crm` count from now on. Raises `Refused` where a field's type would change, since the
    values that are there are of the other one, and where a campaign, or a rule, goes by what is
    gone.

    Fields in `to_index` are to be filled in afterwards: `storage.customers.indexing.fill`.
    """
    with store.writing() as connection:
        before = current(connection)
        _refuse_other_types(connection, crm)
        _refuse_to_take_what_is_asked(connection, crm)
        indexed = {name for name, known in before.fields.items() if known.indexed}
        _write_stages(connection, crm, now)
        _write_fields(connection, crm, now)
        known = {INTENTS: json.dumps(crm.intents), DUPLICATES: _written(crm.duplicates)}
        rows = [{"key": key, "value": value} for key, value in known.items()]
        upsert(connection, META, rows, ["key"])
    was, is_now = _names(before.stages, before.fields), _names(crm.stages, crm.fields)
    to_index = [f.name for f in crm.fields if f.indexed and f.name not in indexed]
    return Applied(tuple(sorted(is_now - was)), tuple(sorted(was - is_now)), tuple(to_index))


def current(connection: Connection) -> Definitions:
    """What counts now."""
    stages = select(STAGES).where(_S.removed_at.is_(None)).order_by(_S.position)
    fields = select(CUSTOM_FIELDS).where(_F.removed_at.is_(None)).order_by(_F.name)
    query = select(META.c.key, META.c.value).where(META.c.key.in_([INTENTS, DUPLICATES]))
    more = {row.key: json.loads(row.value) for row in connection.execute(query)}
    return Definitions(
        {
            row.name: Stage(name=row.name, label=row.label, closed=row.closed)
            for row in connection.execute(stages)
        },
        {row.name: _field(row) for row in connection.execute(fields)},
        tuple(more.get(INTENTS, ())),
        Duplicates.model_validate(told) if (told := more.get(DUPLICATES)) else None,
    )


def read(store: Store) -> Definitions:
    """What counts now."""
    with store.reading() as connection:
        return current(connection)


def _written(duplicates: Duplicates | None) -> str:
    return duplicates.model_dump_json() if duplicates else "null"


def _field(row: Any) -> CustomField:
    return CustomField(
        name=row.name,
        label=row.label,
        type=FieldType(row.type),
        choices=tuple(row.choices),
        indexed=row.indexed,
    )


def _refuse_other_types(connection: Connection, crm: Crm) -> None:
    known = dict(connection.execute(select(_F.name, _F.type)).all())
    for each in crm.fields:
        if known.get(each.name, each.type) != each.type:
            raise Refused(
                f"The field '{each.name}' holds values of type {known[each.name]}, and cannot "
                f"become {each.type}; give the new one another name"
            )


def _refuse_to_take_what_is_asked(connection: Connection, crm: Crm) -> None:
    """A campaign that says "not custom.vip = true" would call those whom it is to leave alone."""
    indexed = {field.name for field in crm.fields if field.indexed}
    for name, campaign in asked_fields(connection).items():
        if name not in indexed:
            raise Refused(
                f"Campaign '{campaign}' goes by the field '{name}', which has to stay, with "
                "'indexed: true'; change 'leads.filter' of the campaign first"
            )
    lacking = rule_that_lacks(connection, crm)
    if lacking is not None:
        name, why = lacking
        raise Refused(f"The rule '{name}' goes by what is gone: {why}; change the rules file first")


def _write_stages(connection: Connection, crm: Crm, now: datetime) -> None:
    gone = _S.name.not_in([s.name for s in crm.stages])
    gone_now = update(STAGES).where(gone, _S.removed_at.is_(None))
    connection.execute(gone_now.values(removed_at=now))
    rows = [
        {"name": s.name, "label": s.label, "position": n, "closed": s.closed, "removed_at": None}
        for n, s in enumerate(crm.stages)
    ]
    upsert(connection, STAGES, rows, ["name"])


def _write_fields(connection: Connection, crm: Crm, now: datetime) -> None:
    gone = _F.name.not_in([f.name for f in crm.fields])
    gone_now = update(CUSTOM_FIELDS).where(gone, _F.removed_at.is_(None))
    connection.execute(gone_now.values(removed_at=now, indexed=False))
    rows = [
        {
            "name": f.name,
            "label": f.label,
            "type": f.type.value,
            "choices": list(f.choices),
            "indexed": f.indexed,
            "removed_at": None,
        }
        for f in crm.fields
    ]
    upsert(connection, CUSTOM_FIELDS, rows, ["name"])


def _names(stages: Any, fields: Any) -> set[str]:
    told = [*(("stage", part) for part in stages), *(("field", part) for part in fields)]
    return {f"{word} {getattr(part, 'name', part)}" for word, part in told}

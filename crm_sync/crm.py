"""What every CRM of the settings' `[crms.NAME]` can do besides getting results: tell of its
customers, hear what changed of them, and have its map checked.

To add one: a map file in `crm_sync/maps` if it speaks HTTP, else a file here with an `open_crm`,
and a line in `KINDS`.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Protocol
from uuid import UUID

from campaigns.crm.mapping import CustomerMap, Pulled
from crm_sync.adapter import Adapter
from crm_sync.marks import Mark

Record = Mapping[str, Any]
Records = Callable[[Collection[UUID]], Mapping[UUID, Record]]
"""What is so now of customers, as `storage.customers.records` tells it."""


@dataclass(frozen=True, slots=True)
class Page:
    """Customers as they were told. `mark`: from where to go on once these are kept; None: they come
    in no order, and only the last page says."""

    rows: Sequence[Pulled]
    mark: Mark | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: whether it is right, and a sentence. `row`: the customer that
    it is about."""

    ok: bool
    words: str
    row: Pulled | None = None


@dataclass(frozen=True, slots=True)
class Opening:
    """What a CRM is opened with. `map_file`: the name that problems of `map_text` are told with;
    `refer`: a customer was made there, and is called so; `create`: whether any is to be."""

    name: str
    kind: str
    url: str
    map_text: bytes | None
    map_file: str
    records: Records
    refer: Callable[[UUID, str], object]
    create: bool = False
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout: float = 10.0
    allow_private: bool = False


class Crm(Adapter, Protocol):
    """One CRM, both ways."""

    customers: CustomerMap | None

    def pull(self, mark: Mark, limit: int) -> Iterator[Page]:
        """Pages of the customers that have changed since a mark. Raises `AdapterError`."""

    def there(self, ids: Sequence[str]) -> Collection[str] | None:
        """Which of these, at most `PAGE`, it still has; None: its map does not say how to ask.
        Raises `AdapterError`."""

    def check(self) -> list[Finding]:
        """Look at the CRM, and compare it with the map. Raises `AdapterError`."""

    def guess(self) -> str:
        """A map, as YAML, by what the CRM's own columns are called. Raises `AdapterError`."""


KINDS: Mapping[str, str] = {
    "sql": "crm_sync.sql_crm:open_crm",
    "rest": "crm_sync.rest_crm:open_crm",
    "hubspot": "crm_sync.rest_crm:open_crm",
    "salesforce": "crm_sync.rest_crm:open_crm",
    "odoo": "crm_sync.rest_crm:open_crm",
    "espocrm": "crm_sync.rest_crm:open_crm",
    "tryton": "crm_sync.rest_crm:open_crm",
}
"""What a CRM may be -> who opens it."""


def open_crm(opening: Opening) -> Crm:
    """Raises `AdapterError`, and `SpecError` for a map that is wrong."""
    module, function = KINDS[opening.kind].split(":")
    crm: Crm = getattr(import_module(module), function)(opening)
    return crm


def sampled(row: Pulled) -> Finding:
    """A customer as it would be taken, for people to look at."""
    if row.wrong:
        return Finding(False, f"{row.external_id or 'a row'}: {row.wrong}")
    if row.gone:
        return Finding(True, f"{row.external_id}: is deleted there")
    shown = ", ".join(f"{name}={value!r}" for name, value in row.fields.items())
    return Finding(True, f"{row.external_id}: {shown}"[:400], row)

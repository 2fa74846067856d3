"""A site beside a CRM: what is pulled, and what is pushed, by the code of its workers."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from campaigns.crm.file import load
from storage.customers import look
from storage.customers.changes import By
from storage.customers.changing import changing
from storage.customers.definitions import apply
from storage.customers.given import GivenCustomer
from storage.customers.records import records
from storage.customers.sync import sync
from storage.customers.tags import tag
from storage.dbtime import db_time
from storage.engine import Store, open_store
from storage.messages import Message
from storage.outbox import write_messages
from storage.tables.deliveries import DELIVERIES, PULLS, RECEIVERS
from tests.databases import set_up
from workers.context import Context
from workers.crms import crm_of
from workers.deliver import deliver_batch
from workers.pull_report import Report
from workers.pulling import pull
from workers.receivers import open_receivers
from workers.settings_file import load_settings

CRM_FILE = """
stages:
  - {name: potential, label: 潜在客户}
  - {name: high-intent, label: 高意向}
  - {name: won, label: 成交, closed: true}
intents: [A, B, C]
fields:
  - {name: industry, type: choice, choices: [制造业, 零售]}
  - {name: remark, type: text}
"""


class Site:
    """A site with one CRM, `erp`, unless `settings` names others."""

    def __init__(self, home: Path, store: Store) -> None:
        self.home = home
        self.store = store
        self._told = 0

    def configure(self, settings: str, **files: str) -> None:
        (self.home / "dialplane.toml").write_text(settings, encoding="utf-8")
        for name, text in files.items():
            (self.home / f"{name}.yaml").write_text(text, encoding="utf-8")

    def pull(self, name: str = "erp", again: bool = False, overlap: float = 60.0) -> Report:
        settings = load_settings(self.home, {})
        crm = crm_of(settings, self.store, name)
        try:
            report = pull(self.store, crm, 0.0, overlap, again)
        finally:
            crm.close()
        assert report is not None
        return report

    def push(self) -> None:
        """Deliver whatever waits, without its waits."""
        settings = load_settings(self.home, {})
        receivers = open_receivers(settings, self.store)
        context = Context(settings, self.store, "", "test")
        self.hurry()
        try:
            while deliver_batch(context, receivers):
                pass
        finally:
            for each in receivers:
                each.adapter.close()

    def hurry(self) -> None:
        with self.store.writing() as connection:
            connection.execute(update(DELIVERIES).values(next_at=db_time()))
            connection.execute(update(RECEIVERS).values(until=db_time()))
            connection.execute(update(PULLS).values(next_at=db_time()))

    def customer(self, external_id: str, source: str = "erp") -> dict[str, Any]:
        """As CRMs are told of it, with its `id`."""
        found = look.by_external_id(self.store, source, external_id)
        assert found is not None, f"nobody is called {external_id}"
        return {"id": found, **records(self.store, [found])[found]}

    def change(self, customer: UUID, who: str = "cli", **columns: Any) -> None:
        """What changes here, and the message that tells of it."""
        before = records(self.store, [customer])[customer]
        with changing(self.store, By(who), datetime.now(UTC)) as pen:
            pen.hold([customer])
            for name, value in columns.items():
                _PUT.get(name, _column(name))(pen, customer, value)
        self.changed(customer, *columns, old=before)

    def tag(self, customer: UUID, path: str) -> None:
        tag(self.store, [customer], path, By("cli"), datetime.now(UTC))
        self.changed(customer, "tag")

    def changed(
        self,
        customer: UUID,
        *what: str,
        origin: str = "",
        old: Mapping[str, Any] = MappingProxyType({}),
    ) -> str:
        """The message that rules write; its key."""
        self._told += 1
        payload = {
            "customer_id": str(customer),
            "changes": [{"what": each, "old": old.get(each), "new": None} for each in what],
            "who": "cli",
            "origin": origin,
        }
        key = f"changed-{self._told}"
        with self.store.writing() as connection:
            write_messages(connection, [Message("customer.changed", key, payload)])
        return key

    def result(self, customer: UUID, n: int, **told: Any) -> str:
        """A result of a call; its key."""
        payload = {
            "attempt_id": str(UUID(int=n)),
            "direction": "outbound",
            "customer_id": str(customer),
            "number": "+8613912345678",
            "outcome": "connected",
            "disposition": "sale",
            "intent": "A",
            "agent": "ann",
            "note": "客户要求下周发合同",
            "placed_at": "2026-11-28T01:29:00+00:00",
            "ended_at": "2026-11-28T01:30:00+00:00",
            "talk_seconds": 42.0,
            "do_not_call": False,
            **told,
        }
        key = f"{UUID(int=n)}:ended"
        kind = "attempt.ended" if payload["direction"] == "outbound" else "inbound.ended"
        with self.store.writing() as connection:
            write_messages(connection, [Message(kind, key, payload)])
        return key

    def known(self, external_id: str, source: str = "erp", **told: Any) -> UUID:
        """A customer that the source has told of."""
        given = GivenCustomer(external_id, **told)
        [row] = sync(self.store, source, [given], By(f"crm:{source}", source), datetime.now(UTC))
        assert row["came"] != "refused", row
        return UUID(row["customer_id"])


def _column(name: str) -> Callable[[Any, UUID, Any], Any]:
    return lambda pen, customer, value: pen.put(customer, name, value)


_PUT: Mapping[str, Callable[[Any, UUID, Any], Any]] = {
    "stage": lambda pen, customer, value: pen.put_stage(customer, value),
    "owner": lambda pen, customer, value: pen.put_owner(customer, value),
    "do_not_call": lambda pen, customer, value: pen.forbid(customer),
    "field.remark": lambda pen, customer, value: pen.put_field(customer, "remark", value),
}


@pytest.fixture(scope="session")
def empty_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of a site that knows nobody yet: making one takes a second."""
    file = tmp_path_factory.mktemp("site") / "dialplane.db"
    store = set_up(f"sqlite:///{file}")
    apply(store, load(CRM_FILE), datetime.now(UTC))
    with store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()
    return file


@pytest.fixture
def site(tmp_path: Path, empty_site: Path) -> Iterator[Site]:
    shutil.copy(empty_site, tmp_path / "dialplane.db")
    store = open_store(f"sqlite:///{tmp_path / 'dialplane.db'}")
    yield Site(tmp_path, store)
    store.close()

"""The model's site: a database that is emptied for each example, two campaigns, their agents."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pydantic import SecretStr
from sqlalchemy import make_url, text

import storage.agents
from campaigns.orders import CampaignState, LogIn
from campaigns.outcomes import Outcome
from campaigns.spec.campaign import Campaign
from storage import campaigns, orders
from storage.agents import NewAgent
from storage.engine import Store, open_store
from storage.migrate import create_or_upgrade
from storage.tables.all import TABLES
from storms.model.time import POSTGRESQL_OPTIONS, START, Time, tell_database
from workers.settings import Settings

NAMES = ("spring", "autumn")
"""Two campaigns with a list each: the same numbers may be on both."""
NUMBERS = tuple(f"+1202555010{n}" for n in range(10))
HOURS = {
    "spring": (("00:00", "24:00"),),
    "autumn": (("09:00", "09:01"), ("09:02", "09:03"), ("09:04", "23:00")),
}
"""Of the one at any time; those of the other are so short that a model of minutes sees them end."""
PER_DAY, PER_LEAD, MIN_GAP = 3, 3, 5
AGENTS = 2

_SOON = {"attempts": 5, "delay": "1s"}
_SPEC: dict[str, Any] = {
    "mode": "progressive",
    "trunks": [{"name": "carrier", "channels": 3}],
    "caller_ids": ["+12125550100"],
    "ring": "15s",
    "attempts": {"per_lead": PER_LEAD, "per_day": PER_DAY, "min_gap": MIN_GAP},
    "retry": {"outcomes": {outcome.value: _SOON for outcome in Outcome}},
    "dispositions": [
        {"name": "sale", "success": True},
        {"name": "again", "final": False, "retry": _SOON},
        {"name": "never", "do_not_call": True},
    ],
    "default_disposition": "again",
}


@dataclass(frozen=True, slots=True)
class Site:
    """`home` is the folder of its machine, where results go that could not be stored."""

    url: str
    store: Store
    home: Path
    time: Time
    template: sqlite3.Connection | None  # of SQLite

    def clear(self) -> None:
        """As on the first day: nothing in the tables, no file left, the time it began."""
        self.time.elapsed = 0.0
        for file in [*self.home.glob("unsaved/*"), *self.home.glob("rejected/*")]:
            file.unlink()
        if self.template is not None:
            _copy(self.template, self.store)
            return
        names = ", ".join(table.name for table in TABLES if table.name != "meta")
        with self.store.writing() as connection:
            connection.execute(text(f"TRUNCATE {names}"))
        begin(self.store)

    def settings(self, home: Path) -> Settings:
        return Settings(
            home=home,
            database_url=SecretStr(self.url),
            recordings=home,
            pbx={"main": SecretStr("fake://model")},
        )


def spec(name: str) -> Campaign:
    """One of the two campaigns."""
    names = tuple(agents_of(name))
    own = {"name": name, "leads": {"list": name}, "agents": {"names": names, "wrap_up": "1s"}}
    hours = [{"from": opens, "to": closes} for opens, closes in HOURS[name]]
    return Campaign.model_validate({**_SPEC, **own, "windows": {"timezone": "UTC", "hours": hours}})


def agents_of(campaign: str) -> list[str]:
    return [f"{campaign}-{n}" for n in range(AGENTS)]


def begin(store: Store) -> None:
    """Both campaigns are to run, and their agents have logged in."""
    for name in NAMES:
        campaigns.apply(store, spec(name), f"name: {name}", START)
        campaigns.set_wanted(store, name, CampaignState.RUNNING, START)
        for agent in agents_of(name):
            storage.agents.add(store, NewAgent(agent, agent), START)
            orders.put_order(store, name, LogIn(agent, agent, "main"))


@contextmanager
def open_site(database_url: str = "") -> Iterator[Site]:
    """A site on a new SQLite file, or on the PostgreSQL database `database_url`, made anew."""
    with TemporaryDirectory(prefix="dialplane-model-") as folder:
        home = Path(folder)
        url = _with_options(database_url) if database_url else f"sqlite:///{home / 'model.db'}"
        store = open_store(url)
        try:
            time = Time()
            if database_url:
                create_or_upgrade(store)
            tell_database(store.engine, time)
            yield Site(url, store, home, time, None if database_url else _template())
        finally:
            store.close()


def _with_options(url: str) -> str:
    parsed = make_url(url).update_query_dict({"options": POSTGRESQL_OPTIONS})
    return parsed.render_as_string(hide_password=False)


@cache
def _template() -> sqlite3.Connection:
    """Whatever is to be there as each example begins, in memory: made once in each process."""
    template = sqlite3.connect(":memory:", check_same_thread=False)
    with TemporaryDirectory(prefix="dialplane-model-") as folder:
        store = open_store(f"sqlite:///{Path(folder) / 'template.db'}")
        with closing(store):
            create_or_upgrade(store)
            begin(store)
            raw = store.engine.raw_connection()
            raw.driver_connection.backup(template)  # type: ignore[union-attr]
            raw.close()
    return template


def _copy(template: sqlite3.Connection, store: Store) -> None:
    raw = store.engine.raw_connection()
    template.backup(raw.driver_connection)  # type: ignore[arg-type]
    raw.close()

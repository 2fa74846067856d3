"""The job that pulls, and who rings for it."""

from typing import Any

import pytest
from sqlalchemy import create_engine, text

from storage import pulls
from workers.context import Context, use
from workers.pulling import pull_crm
from workers.settings_file import load_settings

MAP = "customers: {table: people, id: id, updated_at: at, fields: {name: name}}"


@pytest.fixture
def erp(site: Any) -> str:
    url = f"sqlite:///{site.home / 'erp.db'}"
    site.configure(f'[crms.erp]\nkind = "sql"\nurl = "{url}"\nmap = "erp.yaml"\n', erp=MAP)
    use(Context(load_settings(site.home, {}), site.store, "", "w1"))
    return url


def test_a_source_is_due_until_it_was_pulled_and_later_again(site: Any, erp: str) -> None:
    engine = create_engine(erp)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE people (id INTEGER PRIMARY KEY, at TEXT, name TEXT)"))
        connection.execute(text("INSERT INTO people VALUES (1, '2026-11-28', '王小明')"))
    engine.dispose()
    assert pulls.due(site.store, ["erp", "other"]) == ["erp", "other"]
    pull_crm("erp")
    assert site.customer("1")["name"] == "王小明"
    assert pulls.due(site.store, ["erp"]) == []
    site.hurry()
    assert pulls.due(site.store, ["erp"]) == ["erp"]


def test_one_that_cannot_be_pulled_is_looked_at_ever_more_seldom(site: Any, erp: str) -> None:
    for fails in (1, 2):
        pull_crm("erp")
        stands = pulls.progress(site.store)["erp"]
        assert (stands.fails, stands.last_error) == (fails, "the table people does not exist")
        assert pulls.due(site.store, ["erp"]) == []
    (site.home / "erp.yaml").write_text("customers: {table: people, id: id, fields: {nam: x}}")
    pull_crm("erp")
    assert "a field of ours" in pulls.progress(site.store)["erp"].last_error


def test_two_never_pull_from_one_source_at_once(site: Any, erp: str) -> None:
    assert pulls.hold(site.store, "erp") is not None
    assert pulls.hold(site.store, "erp") is None
    assert pulls.due(site.store, ["erp"]) == []
    pull_crm("erp")  # somebody else has the turn: nothing happens
    assert pulls.progress(site.store)["erp"].fails == 0
    pulls.done(site.store, "erp", 30)
    assert pulls.hold(site.store, "erp") is not None


def test_one_that_is_in_the_settings_no_more_is_no_trouble(site: Any, erp: str) -> None:
    pull_crm("gone")
    assert "gone" not in pulls.progress(site.store)

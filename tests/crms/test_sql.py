"""A CRM in a database of its own, both ways: PostgreSQL, MariaDB and SQLite."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text

from crm_sync.adapter import AdapterError
from storage import dnc, outbox, pulls, receivers
from storage.customers import gone
from workers.crms import crm_of
from workers.map_check import as_they_would_come
from workers.settings_file import load_settings

MAP = """
customers:
  table: 客户
  id: id
  updated_at: changed
  region: CN
  fields:
    name: name
    company: firm
    numbers: [mobile, phone]
    stage: status
    owner: rep
    tags: labels
    do_not_call: dnc
    custom.industry: sector
    custom.remark: remark
    intent: intent
    last_disposition: result
    last_call_at: called
  values:
    stage: {potential: 潜在, high-intent: 高意向}
  wins: {custom.remark: dialler}
results:
  table: calls
  columns: {idempotency_key: idempotency_key, note: note, disposition: result, ended_at: ended}
"""
TABLES = (
    "CREATE TABLE 客户 (id INTEGER PRIMARY KEY, changed {time}, name VARCHAR(80), firm VARCHAR(80),"
    " mobile VARCHAR(40), phone VARCHAR(40), status VARCHAR(20), rep VARCHAR(20), labels TEXT,"
    " dnc {flag}, sector VARCHAR(20), remark VARCHAR(20), intent VARCHAR(4), result VARCHAR(20),"
    " called {time})",
    "CREATE TABLE calls (id INTEGER, idempotency_key VARCHAR(120) UNIQUE, note TEXT,"
    " result VARCHAR(20), ended {time})",
)
TYPES = {
    "sqlite": {"time": "DATETIME", "flag": "BOOLEAN"},
    "postgresql": {"time": "TIMESTAMPTZ", "flag": "BOOLEAN"},
    "mysql": {"time": "DATETIME(6)", "flag": "TINYINT(1)"},
}
NOW = datetime(2026, 11, 28, 9, tzinfo=UTC)


class Erp:
    """The CRM's own hands."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.run(*(each.format(**TYPES[engine.dialect.name]) for each in TABLES))

    def run(self, *statements: str, **given: Any) -> None:
        with self.engine.begin() as connection:
            for each in statements:
                connection.execute(text(each), given)

    def put(self, n: int, changed: datetime = NOW, **told: Any) -> None:
        """A customer, new or changed."""
        at = f"{changed:%Y-%m-%d %H:%M:%S}" + ("+00" if self.engine.name == "postgresql" else "")
        row = {"id": n, "changed": at, **told}
        self.run("DELETE FROM 客户 WHERE id = :id", id=n)
        columns, values = ", ".join(row), ", ".join(f":{name}" for name in row)
        self.run(f"INSERT INTO 客户 ({columns}) VALUES ({values})", **row)  # noqa: S608

    def rows(self, table: str = "客户") -> list[dict[str, Any]]:
        with self.engine.connect() as connection:
            found = connection.execute(text(f"SELECT * FROM {table} ORDER BY id"))  # noqa: S608
            return [dict(row) for row in found.mappings()]


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def erp(request: pytest.FixtureRequest, site: Any, tmp_path: Path) -> Iterator[Erp]:
    url = f"sqlite:///{tmp_path / 'erp.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    if request.param == "mariadb":
        url = request.getfixturevalue("mariadb").fresh()
    site.configure(f'[crms.erp]\nkind = "sql"\nurl = "{url}"\nmap = "erp.yaml"\n', erp=MAP)
    engine = create_engine(url)
    yield Erp(engine)
    engine.dispose()


def test_customers_come_with_all_that_is_told_of_them(site: Any, erp: Erp) -> None:
    erp.put(
        7, name="王小明", firm="常州精密机械有限公司", mobile="139 1234 5678", phone="no number",
        status="高意向", rep="ann", labels="制造业/设备采购, vip", dnc=False, sector="制造业",
    )  # fmt: skip
    report = site.pull()
    assert (report.rows, report.came["created"], report.left_out) == (1, 1, 1)
    found = site.customer("7")
    assert (found["name"], found["company"]) == ("王小明", "常州精密机械有限公司")
    assert found["numbers"] == ["+8613912345678"]
    assert (found["stage"], found["owner"]) == ("high-intent", "ann")
    assert found["tags"] == ["vip", "制造业/设备采购"]
    assert found["custom.industry"] == "制造业"
    assert not found["do_not_call"]


def test_only_what_has_changed_comes_again_and_changes_nothing_twice(site: Any, erp: Erp) -> None:
    # more than two pages, all of one second
    many = ", ".join(f"({n}, '{NOW:%Y-%m-%d %H:%M:%S}+00', '客户 {n}')" for n in range(1, 451))
    many = many if erp.engine.name == "postgresql" else many.replace("+00", "")
    erp.run(f"INSERT INTO 客户 (id, changed, name) VALUES {many}")  # noqa: S608
    first = site.pull()
    assert (first.rows, first.came["created"]) == (450, 450)
    again = site.pull()  # the mark is young: what was just read is read once more
    assert (again.rows, again.came["unchanged"]) == (450, 450)
    assert site.pull(overlap=0.0).rows == 0

    erp.put(449, NOW + timedelta(seconds=9), name="改名")
    late = site.pull(overlap=0.0)
    assert (late.rows, late.came["updated"]) == (1, 1)
    erp.put(451, NOW - timedelta(seconds=20), name="迟到")  # committed late, or another clock
    assert site.pull(overlap=0.0).rows == 0
    assert site.pull(overlap=60.0).came["created"] == 1
    assert site.customer("451")["name"] == "迟到"
    assert site.pull(again=True).rows == 451


def test_a_row_that_is_wrong_hinders_no_other(site: Any, erp: Erp) -> None:
    erp.put(1, name="甲", status="不存在的阶段")
    erp.put(2, name="乙", mobile="13912345678")
    erp.put(3, name="丙", mobile="13912345678")
    report = site.pull()
    assert (report.came["created"], report.came["refused"]) == (1, 2)
    assert [who for who, _ in report.refused] == ["1", "3"]
    assert "stage: expected one of" in report.refused[0][1]
    assert pulls.progress(site.store)["erp"].last_error.startswith("2 rows were refused; 1: ")
    assert site.pull(overlap=0.0).rows == 0
    told = pulls.progress(site.store)["erp"].last_error
    assert told.startswith("2 rows were refused; 1: "), "it holds until another row comes"
    erp.put(4, NOW + timedelta(seconds=1), name="丁")
    site.pull(overlap=0.0)
    assert not pulls.progress(site.store)["erp"].last_error


def test_who_is_not_to_be_called_is_not_whatever_else_is_wrong(site: Any, erp: Erp) -> None:
    erp.put(1, name="甲", mobile="139 1234 5678", status="不存在的阶段", dnc=True)
    erp.put(2, name="乙", mobile="139 1234 5679")
    erp.put(3, name="丙", mobile="139 1234 5679", dnc=True)
    report = site.pull()
    assert [who for who, _ in report.refused] == ["1", "3"]
    assert dnc.check(site.store, "+8613912345678")
    assert site.customer("1")["do_not_call"]
    assert dnc.check(site.store, "+8613912345679"), "a number of somebody else's, all the same"
    assert not site.customer("2")["do_not_call"]


def test_each_field_goes_by_its_own_rule(site: Any, erp: Erp) -> None:
    erp.put(1, name="王", status="潜在", rep="ann", remark="old", labels="vip")
    site.pull()
    mine = site.customer("1")["id"]
    site.change(mine, name="Wang", stage="won", do_not_call=True, **{"field.remark": "ours"})
    site.tag(mine, "零售")
    later = datetime.now(UTC) - timedelta(hours=1)  # the CRM changed before we did
    erp.put(
        1, later, name="王小明", status="高意向", rep="bob", remark="theirs", labels="", dnc=False
    )
    site.pull(again=True)
    found = site.customer("1")
    assert found["name"] == "王小明"  # the CRM wins identity
    assert found["stage"] == "won"  # ours is later
    assert found["custom.remark"] == "ours"  # as the map says
    assert found["do_not_call"] is True  # never taken back
    assert found["tags"] == ["vip", "零售"]

    erp.put(1, datetime.now(UTC) + timedelta(hours=1), name="王小明", status="高意向", rep="bob")
    site.pull()
    assert site.customer("1")["stage"] == "high-intent"
    assert site.customer("1")["owner"] == "bob"


def test_a_crm_whose_clock_is_behind_is_believed_about_what_it_changed_last(
    site: Any, erp: Erp
) -> None:
    behind = datetime.now(UTC) - timedelta(hours=1)
    erp.put(1, behind, name="王", status="潜在", rep="ann")
    site.pull()
    erp.put(1, behind + timedelta(seconds=1), name="王", status="高意向", rep="bob")
    site.pull()
    found = site.customer("1")
    assert (found["stage"], found["owner"]) == ("high-intent", "bob")
    site.change(found["id"], stage="won")  # from now on ours counts, until theirs is later
    erp.put(1, behind + timedelta(seconds=2), name="王", status="潜在", rep="ann")
    site.pull()
    found = site.customer("1")
    assert (found["stage"], found["owner"]) == ("won", "ann")


def test_who_is_back_in_the_pool_is_given_no_old_owner_again(site: Any, erp: Erp) -> None:
    now = datetime.now(UTC)
    erp.put(1, now - timedelta(seconds=5), name="王", status="潜在", rep="ann")
    site.pull()
    site.change(site.customer("1")["id"], who="rule:recycle", owner=None)
    assert site.pull().rows == 1  # the row is young, and is read again
    assert site.customer("1")["owner"] is None
    site.push()
    assert erp.rows()[0]["rep"] is None
    erp.put(1, now + timedelta(hours=1), name="王", status="潜在", rep="bob")
    site.pull()
    assert site.customer("1")["owner"] == "bob"


def test_results_and_what_changed_are_there_once(site: Any, erp: Erp) -> None:
    erp.put(1, name="王", labels="vip", status="潜在")
    site.pull()
    mine = site.customer("1")["id"]
    site.change(mine, name="Wang", stage="won", intent="B", **{"field.remark": "下周再谈"})
    site.tag(mine, "零售")
    key = site.result(mine, 1, do_not_call=True)
    site.push()
    [row] = erp.rows()
    assert (row["name"], row["status"], row["remark"]) == ("王", "won", "下周再谈")
    assert (row["labels"], row["intent"]) == ("vip,零售", "B")
    assert not row["dnc"]  # the customer is not on the list here, whatever the message says
    [call] = erp.rows("calls")
    assert (call["idempotency_key"], call["note"]) == (key, "客户要求下周发合同")
    assert outbox.backlog(site.store) == outbox.Backlog(0, 0, 0.0)

    site.change(mine, do_not_call=True)
    site.push()
    assert erp.rows()[0]["dnc"] in (True, 1)


def test_who_is_made_here_is_made_there_once(site: Any, erp: Erp, tmp_path: Path) -> None:
    settings = (site.home / "dialplane.toml").read_text()
    mapped = MAP.replace("  id: id\n", "  id: id\n  key: ours\n", 1)
    site.configure(settings + "create = true\n", erp=mapped)
    more = {"postgresql": "GENERATED BY DEFAULT AS IDENTITY", "mysql": "AUTO_INCREMENT"}
    if erp.engine.name != "sqlite":  # which counts by itself
        kind = "INTEGER " if erp.engine.name == "mysql" else "ADD "
        alter = "MODIFY id " if erp.engine.name == "mysql" else "ALTER COLUMN id "
        erp.run(f"ALTER TABLE 客户 {alter}{kind}{more[erp.engine.name]}")
    erp.run("ALTER TABLE 客户 ADD COLUMN ours VARCHAR(36)", "CREATE UNIQUE INDEX o ON 客户 (ours)")
    wang = site.known("w", "shop", name="王小明", numbers=("+8613912345678",), stage="potential")
    lead = site.known("l", "shop", name="没人接", numbers=("+8613912345679",))
    site.changed(wang, "created")
    key = site.result(wang, 1, connected_at="2026-11-28T01:29:10+00:00")
    site.result(lead, 2, disposition=None, outcome="no_answer")  # nobody was spoken to
    for _ in range(2):
        site.push()
        [row] = erp.rows()
        assert (row["name"], row["mobile"], row["status"]) == ("王小明", "+8613912345678", "潜在")
        assert row["ours"] == str(wang)
        assert key in [each["idempotency_key"] for each in erp.rows("calls")]
        with site.store.writing() as connection:  # and nobody heard what it is called there
            connection.exec_driver_sql("DELETE FROM customer_refs WHERE source = 'erp'")
            connection.exec_driver_sql("UPDATE outbox SET delivered_at = NULL, spread_at = NULL")
    site.push()
    assert site.customer(str(erp.rows()[0]["id"]))["id"] == wang
    assert outbox.backlog(site.store) == outbox.Backlog(0, 0, 0.0)
    erp.run("DELETE FROM 客户")
    site.changed(wang, "stage")
    site.changed(wang, "stage")
    site.push()
    assert erp.rows() == []  # somebody has deleted it there: it is not made again


def test_what_a_crm_has_told_itself_does_not_come_back_to_it(site: Any, erp: Erp) -> None:
    erp.put(1, name="王", status="潜在")
    site.pull()
    mine = site.customer("1")["id"]
    site.changed(mine, "stage", origin="erp")
    erp.run("UPDATE 客户 SET status = 'changed meanwhile'")
    site.push()
    assert erp.rows()[0]["status"] == "changed meanwhile"
    assert outbox.unsent(site.store)[0] == 0


def test_an_outage_in_the_middle_loses_and_doubles_nothing(site: Any, erp: Erp) -> None:
    for n in range(1, 6):
        erp.put(n, name=f"客户{n}", mobile=f"1391234567{n}")
    site.pull()
    ids = [site.customer(str(n))["id"] for n in range(1, 6)]
    for n, each in enumerate(ids[:3]):
        site.result(each, n)
    erp.run("ALTER TABLE calls RENAME TO gone", "ALTER TABLE 客户 RENAME TO 旧客户")
    with pytest.raises(AdapterError, match="does not exist"):
        site.pull()
    site.push()
    assert outbox.unsent(site.store)[0] == 3
    for n, each in enumerate(ids[3:], 3):
        site.result(each, n)
        site.change(each, stage="won")
    erp.run("ALTER TABLE gone RENAME TO calls", "ALTER TABLE 旧客户 RENAME TO 客户")
    site.push()
    site.push()
    assert len(erp.rows("calls")) == 5
    assert [row["status"] for row in erp.rows()] == [None, None, None, "won", "won"]
    assert outbox.backlog(site.store) == outbox.Backlog(0, 0, 0.0)
    assert site.pull().came["unchanged"] == 5


def test_a_late_message_puts_no_old_value_back(site: Any, erp: Erp) -> None:
    erp.put(1, name="王", status="潜在")
    site.pull()
    mine = site.customer("1")["id"]
    site.change(mine, stage="high-intent")  # waits, while the next ones happen
    site.change(mine, stage="won")
    site.push()
    assert erp.rows()[0]["status"] == "won"


def test_one_that_is_deleted_there_stays_here_and_is_told_of_no_more(site: Any, erp: Erp) -> None:
    for n in range(1, 5):
        erp.put(n, name=f"客户{n}", mobile=f"1391234567{n}")
    site.pull()
    mine = site.customer("1")["id"]
    erp.run("DELETE FROM 客户 WHERE id IN (1, 2)")
    site.change(mine, stage="won")  # which tells of it before any pull has
    site.push()
    assert gone.counts(site.store) == {"erp": 1}
    assert receivers.dead(site.store) == []
    assert site.pull(overlap=0.0).gone == 1
    assert gone.counts(site.store) == {"erp": 2}
    assert (site.customer("1")["stage"], site.customer("1")["external_ids"]) == ("won", {})
    assert site.pull(overlap=0.0).gone == 0

    erp.put(9, NOW + timedelta(seconds=9), name="客户1", mobile="13912345671")  # made anew there
    erp.put(2, NOW, name="客户2")  # brought back as it was: no mark shows it
    report = site.pull(overlap=0.0)
    assert (report.came["refused"], report.gone) == (0, 1)
    assert site.customer("9")["id"] == mine
    assert site.customer("2")["external_ids"] == {"erp": "2"}


@pytest.mark.parametrize("erp", ["postgresql", "mariadb"], indirect=True)  # SQLite takes all
def test_a_value_that_does_not_fit_is_that_rows_alone(site: Any, erp: Erp) -> None:
    erp.put(1, name="王")
    erp.put(2, name="李")
    site.pull()
    first, second = (site.customer(n)["id"] for n in "12")
    site.change(first, **{"field.remark": "很长" * 40})
    site.change(second, **{"field.remark": "短"})
    site.push()
    assert [row["remark"] for row in erp.rows()][-1] == "短"
    [dead] = receivers.dead(site.store)
    assert dead.receiver == "erp"
    assert "很长" not in dead.last_error
    assert dead.last_error.startswith("table 客户: ")
    assert dead.last_error.endswith(": remark (20)")


def test_a_map_is_compared_with_the_table_and_guessed(site: Any, erp: Erp) -> None:
    erp.put(1, name="王小明", mobile="13912345678")
    erp.put(2, name="李雷", mobile="1391234567O", status="不存在的阶段")
    erp.put(3, name="韩梅梅", mobile="1391234567O")
    crm = crm_of(load_settings(site.home, {}), site.store, "erp")
    found = as_they_would_come(site.store, crm, crm.check())
    assert [each.ok for each in found] == [True, True, True, True, False]
    assert "王小明" in found[1].words
    assert found[2].words.endswith("1 of the numbers is none")
    assert found[4].words == "2: stage: expected one of potential, high-intent, won"
    guessed = crm.guess()
    assert "table: 客户" in guessed
    assert "numbers: [phone, mobile]" in guessed
    crm.close()

    (site.home / "erp.yaml").write_text(MAP.replace("mobile, phone", "handy, phone"))
    crm = crm_of(load_settings(site.home, {}), site.store, "erp")
    with pytest.raises(AdapterError, match="has no column handy; it has id, changed, name"):
        crm.check()
    crm.close()


@pytest.mark.parametrize("erp", ["postgresql"], indirect=True)
def test_a_table_in_another_schema_is_guessed_too(site: Any, erp: Erp) -> None:
    table = "CREATE TABLE 销售.客户 (编号 INTEGER, 姓名 TEXT, 手机 TEXT, 电话 TEXT)"
    erp.run("DROP TABLE 客户", "CREATE SCHEMA 销售", table)
    crm = crm_of(load_settings(site.home, {}), site.store, "erp", mapped=False)
    guessed = crm.guess()
    crm.close()
    assert "table: 销售.客户" in guessed
    assert "numbers: [电话, 手机]" in guessed


@pytest.mark.parametrize("erp", ["mariadb"], indirect=True)
def test_a_server_that_is_away_is_waited_for(site: Any, erp: Erp, mariadb: Any) -> None:
    erp.put(1, name="王")
    site.pull()
    mine = site.customer("1")["id"]
    erp.engine.dispose()
    mariadb.stop()
    try:
        keys = [site.result(mine, n) for n in range(3)]
        site.push()
        with pytest.raises(AdapterError):
            site.pull()
        assert outbox.unsent(site.store)[0] == 3
    finally:
        mariadb.start()
    for _ in keys:  # of one customer, one after another
        site.push()
    assert sorted(row["idempotency_key"] for row in erp.rows("calls")) == sorted(keys)
    assert outbox.backlog(site.store) == outbox.Backlog(0, 0, 0.0)
    assert receivers.standings(site.store)[0].state == "closed"

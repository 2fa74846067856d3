"""Rows of a file become customers by a mapping: who is known, who may be, and nothing twice."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from campaigns.importing.file import load
from campaigns.importing.mapping import Duplicates, Similar, Then, ThenSimilar
from storage import dnc
from storage.customers import consents, look
from storage.customers.alike import FILLED_ONCE, fill_blocks
from storage.customers.changes import By, of_customer
from storage.customers.definitions import read
from storage.customers.exporting import export_of, whole
from storage.customers.given import GivenCustomer
from storage.customers.listing import Wanted
from storage.customers.plan import BadCells, checked_row, plan_of, rules_of
from storage.customers.sync import Came
from storage.engine import Store
from storage.errors import Refused
from storage.memo import remember
from storage.tables.people import CUSTOMERS
from tests.storage.customers.conftest import Told
from workers.importing.work import Job, Result, Work

MAPPING = """\
source: erp
region: CN
columns:
  external_id: 编号
  name: 姓名
  company: 公司
  numbers: [{column: 手机, type: mobile}, {column: 座机}]
  emails: [邮箱]
  stage: 阶段
  owner: 负责人
  tags: [标签]
  do_not_call: 免打扰
  consent: [{column: 同意}]
  fields: {budget: 预算, industry: 行业}
stages: {重点客户: high-intent}
owners: {王芳: wang-fang}
tags: [导入/2026春]
"""
HEADER = (
    *("编号", "姓名", "公司", "手机", "座机", "邮箱", "阶段", "负责人", "标签", "免打扰", "同意"),
    *("预算", "行业"),
)
Row = dict[str, str]
Import = Callable[..., Result]


@pytest.fixture
def import_(site: Store) -> Import:
    """`import_({"编号": "C-1", ...}, ...)`: what came of it."""

    def run(*rows: Row, dry: bool = False, **rules: Any) -> Result:
        known = read(site)
        plan = plan_of(load(MAPPING), HEADER, known)
        job = Job(plan, known, Duplicates(**rules), By("import:erp", "erp"), dry)
        return Work(site, job).do([[row.get(name, "") for name in HEADER] for row in rows])

    return run


def similar(then: str) -> Similar:
    return Similar(then=ThenSimilar(then), at_least=0.85)


def customers(store: Store) -> list[Any]:
    with store.reading() as connection:
        return list(connection.execute(select(CUSTOMERS).order_by(CUSTOMERS.c.id)))


WANG: Row = {
    "编号": "C-1",
    "姓名": "王小明",
    "公司": "常州精密机械有限公司",
    "手机": "139 1234 5678",
    "座机": "0519-88888888",
    "邮箱": "Wang@Example.com",
    "阶段": "重点客户",
    "负责人": "王芳",
    "标签": "制造业/设备采购;vip",
    "同意": "是",
    "预算": "120000",
    "行业": "制造业",
}


def test_a_whole_row_and_again(site: Store, import_: Import) -> None:
    assert import_(WANG).came == {Came.CREATED: 1}
    [row] = customers(site)
    told = look.get(site, row.id)
    assert (told["name"], told["stage"], told["owner"]) == ("王小明", "high-intent", "wang-fang")
    assert [n["number"] for n in told["numbers"]] == ["+8613912345678", "+8651988888888"]
    assert told["emails"] == ["wang@example.com"]
    assert told["fields"] == {"budget": 120000, "industry": "制造业"}
    assert [t["path"] for t in told["tags"]] == ["vip", "制造业/设备采购", "导入/2026春"]
    assert told["external_ids"] == {"erp": "C-1"}
    assert consents.allowed(site, row.id, row.created_at) is True
    again = import_(WANG)
    assert (again.came, again.changed) == ({Came.UNCHANGED: 1}, [])
    [created] = of_customer(site, row.id)
    assert (created.change.what, created.by.who) == ("created", "import:erp")
    assert row.version == 1


def test_an_empty_cell_changes_nothing_and_another_value_does(site: Store, import_: Import) -> None:
    import_(WANG)
    assert import_({"编号": "C-1"}).came == {Came.UNCHANGED: 1}
    done = import_({"编号": "C-1", "阶段": "潜在客户", "预算": "5", "同意": "否"})
    assert done.came == {Came.UPDATED: 1}
    [row] = customers(site)
    assert (row.stage, row.fields["budget"], row.name) == ("potential", 5, "王小明")
    assert row.do_not_call  # whoever takes back that we may call is called no more
    assert dnc.check(site, "+8613912345678")


def test_a_row_without_an_external_id_is_known_by_number_or_address(
    site: Store, import_: Import
) -> None:
    import_(WANG)
    done = import_(
        {"手机": "+86 139 1234 5678", "姓名": "王小明（新）"},
        {"邮箱": "wang@example.com", "负责人": "li"},
        {"邮箱": "new@example.com", "姓名": "韩梅梅"},
        {"邮箱": "NEW@example.com", "姓名": "韩梅梅"},
    )
    assert done.came == {Came.UPDATED: 3, Came.CREATED: 1}
    found = [(c.name, c.owner) for c in customers(site)]
    assert found == [("王小明（新）", "li"), ("韩梅梅", None)]


@pytest.mark.parametrize(
    ("row", "column", "why"),
    [
        ({"姓名": "无名"}, "", "there is neither an external id nor a number nor"),
        ({"编号": "C-2", "手机": "1391234567X"}, "手机", "it holds the letter 'X'"),
        ({"编号": "C-2", "座机": "110"}, "座机", "it is an emergency number in CN"),
        ({"编号": "C-2", "邮箱": "a@b@c"}, "邮箱", "expected an address"),
        ({"编号": "C-2", "阶段": "成交了"}, "阶段", "expected one of new, potential"),
        ({"编号": "C-2", "负责人": "李 雷"}, "负责人", "'owners' of the mapping"),
        ({"编号": "C-2", "预算": "很多"}, "预算", "expected a number"),
        ({"编号": "C-2", "行业": "农业"}, "行业", "expected one of 制造业, 零售"),
        ({"编号": "C-2", "标签": "a//b"}, "标签", "a tag's name is empty"),
        ({"编号": "C-2", "免打扰": "也许"}, "免打扰", "expected yes or no"),
        ({"编号": "C-2", "姓名": "王" * 501}, "姓名", "expected at most 500 characters"),
        ({"编号": "C\x00-2"}, "编号", "expected 1 to 120 printable characters"),
        ({"编号": "C-2", "手机": "13912345678"}, "手机", "it is the number of 'C-1'"),
    ],
)
def test_a_bad_row_names_its_column_and_hinders_no_other(
    site: Store, import_: Import, row: Row, column: str, why: str
) -> None:
    import_(WANG)
    done = import_(row, {"编号": "C-9", "姓名": "李雷"})
    [(place, where, told)] = done.bad
    assert (place, where) == (0, column)
    assert why in told
    assert done.came[Came.CREATED] == 1


def test_rules_for_those_who_are_there(site: Store, import_: Import) -> None:
    import_(WANG)
    known = {"编号": "C-1", "姓名": "别名"}
    assert import_(known, external_id=Then.SKIP).came == {Came.SKIPPED: 1}
    by_number = {"手机": "13912345678", "姓名": "别名"}
    assert import_(by_number, number=Then.SKIP).came == {Came.SKIPPED: 1}
    assert customers(site)[0].name == "王小明"
    twice = import_({"编号": "C-7", "姓名": "甲"}, {"编号": "C-7", "姓名": "乙"})
    assert twice.came[Came.CREATED] == 1
    assert customers(site)[1].name == "乙"


def test_who_may_be_the_same_is_told_and_never_merged_unasked(site: Store, import_: Import) -> None:
    import_(WANG)
    other = {"编号": "X-1", "姓名": "王小明先生", "公司": "常州市精密机械", "预算": "7"}
    assert import_(other, dry=True).alike == []
    skipped = import_(other, similar=similar("skip"))
    [(place, whose, like, came)] = skipped.alike
    assert (place, whose, like, came) == (0, customers(site)[0].id, 1.0, Came.SKIPPED)
    assert "may be the same" in skipped.skipped[0][1]
    refused = import_(other, similar=similar("update"))
    assert "the source has two names" in refused.bad[0][2]
    nameless = {"邮箱": "ming@example.com", "姓名": "王小明", "公司": "常州精密机械", "预算": "7"}
    assert import_(nameless, similar=similar("update")).came == {Came.UPDATED: 1}
    assert customers(site)[0].fields["budget"] == 7
    made = import_(other, similar=similar("create"))
    assert made.came == {Came.CREATED: 1}
    assert made.alike[0][3] is Came.CREATED
    in_file = import_(
        {"编号": "Y-1", "姓名": "Lei Li", "公司": "Acme Inc"},
        {"编号": "Y-2", "姓名": "Li Lei", "公司": "ACME, Inc."},
        similar=similar("skip"),
    )
    assert in_file.came == {Came.CREATED: 1, Came.SKIPPED: 1}
    alike = [{"编号": f"Z-{n}", "姓名": "韩梅梅", "公司": "北京光学"} for n in range(2)]
    dry = import_(*alike, dry=True, similar=similar("skip"))
    assert (dry.came, dry.alike[0][1]) == ({Came.CREATED: 1, Came.SKIPPED: 1}, None)
    assert dry.skipped == [(1, "it may be the same as a row before it")]


def test_customers_of_before_get_their_blocks(site: Store, import_: Import) -> None:
    import_(WANG)
    remember(site, FILLED_ONCE, "")
    with site.writing() as connection:
        connection.execute(update(CUSTOMERS).values(block=None))
    like = {"编号": "X-1", "姓名": "王小明", "公司": "常州精密机械"}
    assert import_(like, dry=True, similar=similar("skip")).alike == []
    assert (fill_blocks(site), fill_blocks(site)) == (1, 0)
    assert len(import_(like, dry=True, similar=similar("skip")).alike) == 1


def test_a_dry_run_says_the_same_and_writes_nothing(site: Store, import_: Import) -> None:
    rows: list[Row] = [WANG, {"编号": "C-1", "姓名": "王大明"}, {"编号": "C-2", "手机": "12"}]
    dry = import_(*rows, dry=True)
    assert customers(site) == []
    real = import_(*rows)
    assert dry.came == real.came
    assert dry.bad == real.bad


ANY_CELL = st.text(max_size=30) | st.sampled_from(
    ["=1+1", "+8613912345678", "1391234567O", "\x00", "\ud800", "是", "新线索", "1e400", "NaN",
     "a//b", "2026-02-30", "王;李", "W@x.com", "9" * 400, "١٣٩١٢٣٤٥٦٧٨", "-0"]
)  # fmt: skip


@given(st.lists(st.lists(ANY_CELL, min_size=13, max_size=13), min_size=1, max_size=8))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_is_in_the_cells_each_row_comes_to_something(
    import_: Import, rows: list[list[str]]
) -> None:
    given_rows: list[Row] = [dict(zip(HEADER, row, strict=True)) for row in rows]
    done = import_(*given_rows, similar=similar("skip"))
    refused = {place for place, _, _ in done.bad}
    assert len(refused) == len(done.bad)
    taken = sum(done.came[came] for came in Came if came is not Came.REFUSED)
    assert taken + len(refused) == len(rows)
    again = import_(*given_rows, similar=similar("skip"))
    assert again.came[Came.CREATED] == 0


def test_columns_that_are_not_there_are_one_sentence(site: Store) -> None:
    known = read(site)
    with pytest.raises(Refused, match="The file has no column '编号'; it has: '姓名'"):
        plan_of(load(MAPPING), ("姓名",), known)
    text = "columns: {external_id: a, fields: {gone: a}}"
    with pytest.raises(Refused, match="There is no field 'gone' in the CRM file"):
        plan_of(load(text), ("a",), known)


def test_a_deleted_field_is_told_and_not_lost(site: Store) -> None:
    plan = plan_of(load("columns: {external_id: a, fields: {budget: b}}"), ("a", "b"), read(site))
    known = read(site)
    gone = type(known)(known.stages, {n: f for n, f in known.fields.items() if n != "budget"})
    with pytest.raises(BadCells, match="there is no field 'budget'"):
        checked_row(plan, ["C-1", "5"], gone)


def test_the_mapping_comes_before_the_crm_file(site: Store) -> None:
    known = read(site)
    of_site = type(known)(known.stages, known.fields, (), Duplicates(number=Then.SKIP))
    assert rules_of(load(MAPPING), of_site).number is Then.SKIP
    own = load(MAPPING + "duplicates: {email: skip}\n")
    assert (rules_of(own, of_site).number, rules_of(own, of_site).email) == (
        Then.UPDATE, Then.SKIP,
    )  # fmt: skip


def test_what_is_exported_and_imported_again_changes_nothing(
    site: Store, import_: Import, tell: Told
) -> None:
    import_(WANG, {"编号": "C-2", "姓名": "=cmd|'/c calc'!A1", "公司": "'=1", "标签": 'a"b'})
    tell(GivenCustomer("K-1", name="Ann;李\n雷", numbers=("+12125550100", "+12125550101",
         "+12125550102", "+12125550103"), tags=("a;b", "c|d"), do_not_call=True,
         fields={"remark": "多行\n文字", "visited": "2026-11-20"}))  # fmt: skip
    known = read(site)
    for mapping in (load(MAPPING), whole(known, "erp"), whole(known, "crm")):
        export = export_of(mapping, known)
        rows = [row for row in export.rows(site, Wanted()) if any(row[:1] + row[3:4])]
        plan = plan_of(mapping, export.header, known)
        by = By(f"import:{mapping.source}", mapping.source)
        done = Work(site, Job(plan, known, Duplicates(), by)).do(rows)
        # that everybody is given the tag of this mapping is a change, once
        expected = {Came.UNCHANGED: len(rows)}
        if mapping.tags:
            assert done.came.total() == len(rows)
            done = Work(site, Job(plan, known, Duplicates(), by)).do(rows)
        assert (done.bad, done.came) == ([], expected)
    assert export_of(whole(known), known).header[:4] == ("external_id", "name", "company", "number")


def test_what_came_of_calls_is_exported_and_passed_over_by_an_import(
    site: Store, import_: Import
) -> None:
    now = datetime(2026, 11, 28, 9, tzinfo=UTC)
    import_(WANG)
    with site.writing() as connection:
        called = {"intent": "A", "last_disposition": "sale", "contacts": 2, "last_contact_at": now}
        connection.execute(update(CUSTOMERS).values(called))
    known = read(site)
    export = export_of(load(MAPPING), known, results=True)
    [row] = export.rows(site, Wanted())
    assert dict(zip(export.header, row, strict=True)).items() >= {
        "intent": "A", "last_disposition": "sale", "contacts": "2",
        "last_outcome": "", "last_contact_at": now.isoformat(),
    }.items()  # fmt: skip
    plan = plan_of(load(MAPPING), export.header, known)
    done = Work(site, Job(plan, known, Duplicates(), By("import:erp", "erp"))).do([row])
    assert (done.bad, done.came) == ([], {Came.UNCHANGED: 1})


def test_a_column_of_ones_own_and_one_of_results_are_not_confused(site: Store) -> None:
    mapping = load("source: erp\ncolumns: {name: intent, numbers: [{column: 手机}]}\n")
    with pytest.raises(Refused, match="the column 'intent' is one of what came of calls, too"):
        export_of(mapping, read(site), results=True)


def test_many_more_than_a_page_are_exported(site: Store, import_: Import) -> None:
    import_(*({"编号": f"C-{n}", "姓名": f"王{n}"} for n in range(1000)))
    import_(*({"编号": f"D-{n}", "姓名": f"李{n}"} for n in range(3)))
    known = read(site)
    rows = list(export_of(whole(known, "erp"), known).rows(site, Wanted()))
    assert [row[0] for row in rows[998:]] == ["C-998", "C-999", "D-0", "D-1", "D-2"]


def test_a_stage_that_is_gone_is_not_exported(site: Store, import_: Import) -> None:
    import_(WANG)
    known = read(site)
    gone = type(known)({}, known.fields)
    [row] = export_of(load(MAPPING), gone).rows(site, Wanted())
    assert row[HEADER.index("阶段")] == ""

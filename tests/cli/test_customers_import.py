"""`dialplane customers import`, `export` and `clean`, as people use them."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from tests.storage.customers.conftest import CRM

CHINESE = (
    "客户编号,姓名,公司名称,手机,邮箱,客户阶段,标签,预算,来源\n"
    "C-1,王小明,常州精密机械有限公司,139 1234 5678,w@x.com,高意向,制造业/设备采购;vip,120000,好\n"
    "C-2,李雷,,138-1234-5678,,新线索,,,\n"
)


@pytest.fixture
def crm(run: Any, site: Path, tmp_path: Path) -> None:
    file = tmp_path / "crm.yaml"
    file.write_text(CRM)
    assert run("crm", "apply", file).code == 0


@pytest.fixture
def file(crm: None, tmp_path: Path) -> Path:
    path = tmp_path / "客户.csv"
    path.write_text(CHINESE, encoding="gb18030")
    return path


def import_(run: Any, file: Path, *more: Any) -> tuple[int, dict[str, Any]]:
    ran = run("customers", "import", file, "--region", "CN", "--json", *more)
    assert len(ran.lines) == 1, ran.err
    return ran.code, json.loads(ran.out)


def counts(told: dict[str, Any]) -> tuple[int, ...]:
    """Created, updated, unchanged, skipped, rejected."""
    names = ("created", "updated", "unchanged", "skipped", "rejected")
    return tuple(told[name] for name in names)


def test_a_chinese_file_by_its_header_and_again(run: Any, file: Path, tmp_path: Path) -> None:
    saved = tmp_path / "map.yaml"
    code, dry = import_(run, file, "--dry-run", "--save-mapping", saved)
    assert (code, counts(dry), dry["dry_run"]) == (0, (2, 0, 0, 0, 0), True)
    assert run("customers", "show", "+8613912345678").code == 3
    code, told = import_(run, file)
    assert (code, counts(told), told["encoding"]) == (0, (2, 0, 0, 0, 0), "gb18030")
    assert (told["ignored"], told["source"], told["complete"]) == (["来源"], "file", True)
    assert counts(import_(run, file, "--mapping", saved)[1]) == (0, 0, 2, 0, 0)
    shown = json.loads(run("customers", "show", "+8613912345678", "--json").out)
    assert (shown["name"], shown["stage"]) == ("王小明", "high-intent")
    assert shown["fields"] == {"budget": 120000}
    assert shown["external_ids"] == {"file": "C-1"}
    assert "客户阶段" in saved.read_text(encoding="utf-8")


def test_what_people_are_told(run: Any, file: Path) -> None:
    file.write_text(CHINESE + "C-3,赵,,12345,,,,,\n", encoding="gb18030")
    ran = run("customers", "import", file, "--region", "CN")
    assert ran.code == 1
    assert ran.err == f"{file}:4: 手机: it lacks its area code\n"
    rejects = file.with_suffix(".rejects.csv")
    assert ran.lines == [
        f"{file}: 2 created, 0 updated, 0 unchanged, 0 skipped, 1 rejected",
        "It was read as GB18030; --encoding names another one",
        "Columns that were not imported: 来源",
        f"The rejected rows are in {rejects}: mend them there and import it",
    ]


def test_rejected_rows_are_mended_and_imported(run: Any, file: Path) -> None:
    rows = "C-3,=1+1,,1391234567O,,,,,\nC-4,钱,,13912345670,,成交了,,,\nC-5,孙\n"
    file.write_text(CHINESE + rows, encoding="utf-8")
    code, told = import_(run, file)
    assert (code, counts(told)) == (1, (2, 0, 0, 0, 3))
    assert [(p["line"], p["column"]) for p in told["problems"]] == [
        (4, "手机"), (5, "客户阶段"), (6, ""),
    ]  # fmt: skip
    rejects = Path(told["rejects_file"])
    text = rejects.read_text(encoding="utf-8")
    assert ",'=1+1," in text
    mended = text.replace("4567O", "45670").replace("45670,,成交了", "45671,,成交")
    rejects.write_text(mended.replace("C-5,孙", "C-5,孙,,13912345672,,,,,"), encoding="utf-8")
    code, told = import_(run, rejects)
    assert (code, counts(told)) == (0, (3, 0, 0, 0, 0))
    shown = json.loads(run("customers", "show", "+8613912345670", "--json").out)
    assert shown["name"] == "=1+1"


def test_a_workbook_with_numbers_as_numbers(run: Any, crm: None, tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["客户编号", "姓名", "手机", "预算"])
    sheet.append([17, "王小明", 13912345678, 1200.5])
    sheet.append([18, "李雷", "=A1", 1])
    book.save(tmp_path / "a.xlsx")
    code, told = import_(run, tmp_path / "a.xlsx", "--source", "erp")
    assert (code, counts(told)) == (1, (1, 0, 0, 0, 1))
    assert told["problems"][0]["reason"].startswith("it is a formula")
    shown = json.loads(run("customers", "show", "+8613912345678", "--json").out)
    assert (shown["external_ids"], shown["fields"]) == ({"erp": "17"}, {"budget": 1200.5})


def test_a_stage_by_its_name_or_label_however_it_is_written(
    run: Any, crm: None, tmp_path: Path
) -> None:
    file = tmp_path / "a.csv"
    words = ("High-Intent", "high-intent", " 高意向 ", "ＨＩＧＨ-intent")
    rows = [f"1391234567{n},{word}\n" for n, word in enumerate(words)]
    file.write_text("手机,阶段\n" + "".join(rows), encoding="utf-8")
    assert counts(import_(run, file)[1]) == (4, 0, 0, 0, 0)
    assert run("customers", "list", "--stage", "high-intent", "--json").out.count("+86139") >= 4


def test_no_name_of_a_column_is_a_formula(run: Any, site: Path, tmp_path: Path) -> None:
    file, mapping, out = (tmp_path / name for name in ("a.csv", "map.yaml", "out.csv"))
    mapping.write_text("columns: {numbers: [{column: =手机}], name: '@微信'}\n")
    file.write_text("=手机,@微信\n139123456O8,王\n13912345679,李\n")
    told = import_(run, file, "--mapping", mapping)[1]
    assert counts(told) == (1, 0, 0, 0, 1)
    rejects = Path(told["rejects_file"])
    header, row = csv.reader(rejects.read_text("utf-8").splitlines())
    assert header[2:] == ["'=手机", "'@微信"]
    assert row[1].startswith("'=手机: it holds the letter")
    rejects.write_text(rejects.read_text("utf-8").replace("6O8", "608"), "utf-8")
    assert counts(import_(run, rejects, "--mapping", mapping)[1]) == (1, 0, 0, 0, 0)
    assert run("customers", "export", out, "--mapping", mapping).code == 0
    assert counts(import_(run, out, "--mapping", mapping)[1]) == (0, 0, 2, 0, 0)


def test_a_formula_is_refused_only_where_it_is_read(run: Any, crm: None, tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["客户编号", "姓名", "手机", "年龄", None, "工龄"])
    sheet.append([17, "王小明", 13912345678, "=2026-1980", None, "#N/A"])
    sheet.append([18, '=A2&"丙"', 13912345679, "=2026-1980"])
    book.save(tmp_path / "a.xlsx")
    code, told = import_(run, tmp_path / "a.xlsx")
    assert (code, counts(told), told["ignored"]) == (1, (1, 0, 0, 0, 1), ["年龄", "工龄"])
    assert (told["problems"][0]["line"], told["problems"][0]["column"]) == (3, "姓名")
    rejects = Path(told["rejects_file"])
    again = import_(run, rejects)[1]
    assert (counts(again), again["problems"][0]["reason"]) == (
        (0, 0, 0, 0, 1),
        told["problems"][0]["reason"],
    )
    rejects.write_text(rejects.read_text("utf-8").replace("18,#FORMULA!", "18,李雷"), "utf-8")
    assert counts(import_(run, rejects)[1]) == (1, 0, 0, 0, 0)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_export_and_import_again(run: Any, file: Path, tmp_path: Path, kind: str) -> None:
    rows = 'C-3,"\'=x",@firm,13912345670,,,"a;""b;c""",,\nC-4,"多\n行",-1,,a@b.com,,,,\n'
    file.write_text(CHINESE + rows, encoding="utf-8")
    assert counts(import_(run, file)[1]) == (4, 0, 0, 0, 0)
    out = tmp_path / f"out.{kind}"
    told = json.loads(run("customers", "export", out, "--results", "--json").out)
    assert (told["customers"], told["left_out"]) == (4, 0)
    assert counts(import_(run, out)[1]) == (0, 0, 4, 0, 0)
    if kind == "csv":
        text = out.read_text(encoding="utf-8-sig")
        assert "+8613912345678" in text
        assert ",'@firm," in text
    some = tmp_path / f"some.{kind}"
    ran = run("customers", "export", some, "--stage", "high-intent", "--tag", "制造业")
    assert ran.out == f"{some}: 1 customers\n"
    assert run("customers", "export", some).code == 1


def test_who_was_imported_gets_on_a_list_and_is_found_by_what_is_known(
    run: Any, file: Path, tmp_path: Path
) -> None:
    import_(run, file)
    out = tmp_path / "spring.csv"
    assert run("customers", "export", out, "--tag", "制造业").code == 0
    assert run("leads", "import", out, "--list", "spring").code == 0
    run("customers", "clean")
    asked = 'stage = "high-intent" and custom.budget > 100000 and verdict != "unreachable"'
    counted = json.loads(run("leads", "count", "spring", "--filter", asked, "--json").out)
    assert counted["leads"] == 1
    asked = 'validity > 90 or verdict = "invalid"'
    counted = json.loads(run("leads", "count", "spring", "--filter", asked, "--json").out)
    assert counted["leads"] == 0


def test_rows_that_may_be_the_same_are_told_and_kept_aside(run: Any, file: Path) -> None:
    import_(run, file)
    file.write_text("客户编号,姓名,公司\nX-1,王小明,常州市精密机械\n", encoding="utf-8")
    code, told = import_(run, file, "--similar", "skip")
    assert (code, counts(told), told["may_be_the_same"]) == (0, (0, 0, 0, 1, 0), 1)
    [possible] = told["possible"]
    assert (possible["line"], possible["likeness"], possible["came"]) == (2, 1.0, "skipped")
    assert "it may be the same as customer" in Path(told["rejects_file"]).read_text()
    ran = run("customers", "import", file, "--similar", "create")
    assert ran.code == 0
    assert f"{file}:2: it may be the same as customer {possible['customer_id']} (100% alike)" in (
        ran.err
    )


@pytest.mark.parametrize(
    ("content", "options", "code", "sentence"),
    [
        ("", (), 1, "the file is empty; expected a header and customers"),
        ("姓名,手机\n", (), 1, "there are no customers after the header"),
        ("姓名,公司\n王,x\n", (), 1, "say what the columns are with --mapping"),
        ("姓名,姓名\n王,x\n", (), 1, "there are two columns '姓名'"),
        ("手机\n1\n", ("--source", "a b"), 1, "--source"),
        ("手机\n1\n", ("--region", "XX"), 1, "--region: 'XX' is not a region code"),
        ("手机\n1\n", ("--sheet", "a"), 1, "it is no .xlsx workbook"),
        ("手机\n1\n", ("--mapping", "gone.yaml"), 1, "there is no such file"),
    ],
)
def test_what_cannot_be_imported_is_one_sentence(
    run: Any, file: Path, content: str, options: tuple[str, ...], code: int, sentence: str
) -> None:
    file.write_text(content, encoding="utf-8")
    ran = run("customers", "import", file, *options)
    assert ran.code == code
    assert sentence in ran.err
    assert len(ran.err.splitlines()) == 1


def test_a_mapping_that_does_not_fit_the_file(run: Any, file: Path, tmp_path: Path) -> None:
    mapping = tmp_path / "map.yaml"
    mapping.write_text("columns: {external_id: 编号, fields: {budget: 预算}}\n", encoding="utf-8")
    ran = run("customers", "import", file, "--mapping", mapping)
    assert ran.code == 1
    sentence = "The file has no column '编号'; it has: '客户编号', '姓名'"
    assert ran.err.startswith(f"{mapping}: {sentence}")
    mapping.write_text("columns: {external_id: 客户编号, fields: {gone: 预算}}\n", encoding="utf-8")
    out = tmp_path / "out.csv"  # nor may a column of it be empty, whatever customers have there
    for ran in (
        run("customers", "import", file, "--mapping", mapping),
        run("customers", "export", out, "--mapping", mapping),
    ):
        assert ran.code == 1
        assert f"{mapping}: There is no field 'gone' in the CRM file; there are: bud" in ran.err
    assert not out.exists()


def test_times_of_a_spreadsheet_are_of_the_mappings_zone(
    run: Any, site: Path, tmp_path: Path
) -> None:
    crm, file, mapping = (tmp_path / name for name in ("crm.yaml", "a.csv", "map.yaml"))
    crm.write_text("fields: [{name: seen, type: time}, {name: fair, type: date}]\n")
    assert run("crm", "apply", crm).code == 0
    file.write_text("手机,seen,fair\n13912345678,2026/11/1 9:05,2026/12/1\n")
    told = import_(run, file, "--save-mapping", mapping, "--dry-run")[1]
    assert told["problems"][0]["reason"].endswith(
        "or name the zone of such times as 'zone' in the mapping"
    )
    mapping.write_text("zone: Asia/Shanghai\n" + mapping.read_text("utf-8"))
    assert counts(import_(run, file, "--mapping", mapping)[1]) == (1, 0, 0, 0, 0)
    shown = json.loads(run("customers", "show", "+8613912345678", "--json").out)
    assert shown["fields"] == {"seen": "2026-11-01T01:05:00+00:00", "fair": "2026-12-01"}


def test_fields_called_as_ours_are_exported_beside_them(
    run: Any, site: Path, tmp_path: Path
) -> None:
    crm, file, out = (tmp_path / name for name in ("crm.yaml", "a.csv", "out.csv"))
    fields = ", ".join(
        f"{{name: {n}, type: text}}" for n in ("stage", "Name", "intent", "number_2")
    )
    crm.write_text(f"stages: [{{name: new}}]\nfields: [{fields}]\n")
    assert run("crm", "apply", crm).code == 0
    mapping = tmp_path / "map.yaml"
    own = "{stage: b, Name: c, intent: d, number_2: e}"
    mapping.write_text(f"columns: {{numbers: [{{column: n}}], stage: a, fields: {own}}}\n")
    file.write_text("n,a,b,c,d,e\n13912345678,new,theirs,王,高,x\n")
    assert counts(import_(run, file, "--mapping", mapping)[1]) == (1, 0, 0, 0, 0)
    assert run("customers", "export", out, "--results").code == 0
    header, row = (dict(enumerate(line.split(","))) for line in out.read_text("utf-8-sig").split())
    told = {header[at]: cell for at, cell in row.items() if cell}
    assert told == {
        "number": "+8613912345678", "stage": "new", "custom.stage": "theirs", "custom.Name": "王",
        "custom.intent": "高", "custom.number_2": "x", "contacts": "0",
    }  # fmt: skip
    assert counts(import_(run, out)[1]) == (0, 0, 1, 0, 0)
    mapping.write_text("columns: {numbers: [{column: n}], name: a, company: a}\n")
    ran = run("customers", "export", tmp_path / "b.csv", "--mapping", mapping)
    assert (ran.code, "two things would go into the column 'a'" in ran.err) == (1, True)


def test_numbers_are_cleaned(run: Any, file: Path) -> None:
    import_(run, file)
    told = json.loads(run("customers", "clean", "--json").out)
    assert (told["looked"], told["queued"], told["verdicts"]) == (2, False, {"unknown": 2})
    assert "0 numbers looked at" in run("customers", "clean").out


def test_who_checks_numbers_and_has_failed_is_told_of(run: Any, site: Path, file: Path) -> None:
    import_(run, file)
    with (site / "dialplane.toml").open("a") as settings:
        settings.write('[number_check]\nurl = "http://127.0.0.1:9/"\nallow_private = true\n')
    first = run("customers", "clean", "--check-now")
    assert "2 numbers looked at, 0 checked" in first.out
    again = run("customers", "clean", "--check-now")
    assert "Who checks numbers failed, and is asked again at " in again.err


def test_many_rows_over_several_processes(run: Any, crm: None, tmp_path: Path) -> None:
    file = tmp_path / "many.csv"
    rows = [f"C-{n},王{n},{13900000000 + n},{n}" for n in range(5500)]
    rows += [f"C-{n},王{n}改,," for n in range(0, 5500, 1100)]  # after those of before
    file.write_text("客户编号,姓名,手机,预算\n" + "\n".join(rows) + "\n坏,x,1,\n")
    code, told = import_(run, file, "--processes", "2")
    assert (code, counts(told)) == (1, (5500, 5, 0, 0, 1))
    assert told["problems"][0]["line"] == 5507
    assert counts(import_(run, file, "--processes", "2")[1]) == (0, 10, 5495, 0, 1)

"""Files of rows: any encoding, CSV and XLSX, whatever is in the cells; written without formulas."""

import csv
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from cli.errors import InputError
from cli.sheet import BadRow, Row, open_sheet, unquoted
from cli.sheet_writing import new_sheet, quoted

NAMES = ("姓名", "电话")
ROWS = (("王小明", "13912345678"), ("李雷，总", "+12125550100"))
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "utf-32")
Read = list[Row | BadRow]


def read(path: Path, **how: Any) -> tuple[tuple[str, ...], Read]:
    with open_sheet(path, "customers", **how) as sheet:
        return sheet.header, list(sheet.rows())


def cells(found: Read) -> list[list[str]]:
    return [row.cells for row in found if isinstance(row, Row)]


def csv_of(path: Path, encoding: str, rows: Any = ROWS, names: Any = NAMES) -> Path:
    with path.open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream).writerows([names, *rows])
    return path


@pytest.fixture
def workbook(tmp_path: Path) -> Callable[..., Path]:
    """`workbook([cell, ...], ...)`: a file with these rows under `NAMES`."""

    def made(*rows: list[Any], names: Any = NAMES) -> Path:
        book = Workbook()
        sheet = book.active
        assert sheet is not None
        sheet.title = "客户"
        for row in [list(names), *rows]:
            sheet.append(row)
        book.create_sheet("另一个").append(["x"])
        path = tmp_path / "客户.xlsx"
        book.save(path)
        return path

    return made


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_encodings_are_found_by_themselves(tmp_path: Path, encoding: str) -> None:
    header, found = read(csv_of(tmp_path / "a.csv", encoding))
    assert header == NAMES
    assert [tuple(row) for row in cells(found)] == list(ROWS)


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16-le", "big5", "shift_jis", "cp1252"])
def test_an_encoding_that_is_told_counts(tmp_path: Path, encoding: str) -> None:
    names = ("name", "phone")
    rows = (("Müller" if encoding == "cp1252" else "王", "1"),)
    path = csv_of(tmp_path / "a.csv", encoding, rows, names)
    assert cells(read(path, encoding=encoding)[1]) == [list(rows[0])]


@pytest.mark.parametrize(
    ("content", "encoding", "sentence"),
    [
        ("name,phone\nMüller,1\n".encode("cp1252"), None, ":2: expected UTF-8 (got the byte 0xfc)"),
        ("姓名,电话\n王,1\n".encode(), "utf-16", ":1: expected UTF-16"),
        ("姓名\n王\n".encode("gb18030"), "utf-8", ":1: expected UTF-8"),
        (b"\xff\xfea", None, ":1: expected UTF-16"),
        (b"a\n", "klingon", "--encoding 'klingon': there is no such encoding"),
        (b"a\n", "base64", "--encoding 'base64': there is no such encoding"),
    ],
)
def test_a_wrong_encoding_is_one_sentence(
    tmp_path: Path, content: bytes, encoding: str | None, sentence: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(InputError) as wrong:
        read(path, encoding=encoding)
    assert sentence in str(wrong.value)
    assert "\n" not in str(wrong.value)


def test_ragged_rows_and_long_cells_hinder_no_others(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    long = "长" * 10_000_000
    path.write_text(
        f'姓名,电话\n王,1\n李\n赵,2,3\n"{long}",4\n钱,\0\n孙,"5\n6"\n', encoding="utf-8"
    )
    found = read(path)[1]
    assert cells(found) == [["王", "1"], ["钱", "\0"], ["孙", "5\n6"]]
    told = [(row.line, row.reason) for row in found if isinstance(row, BadRow)]
    assert told[:2] == [
        (3, "expected 2 cells, as in the header (got 1)"),
        (4, "expected 2 cells, as in the header (got 3)"),
    ]
    assert told[2][0] == 5
    assert "the line is longer than" in told[2][1]


LONG_LINE = "x" * 1_000_100


@pytest.mark.parametrize("long", ["x,\n" * 70_000, LONG_LINE + "\n", "x" * (10 << 20) + "\n"])
def test_what_stands_in_an_endless_cell_is_no_row(tmp_path: Path, long: str) -> None:
    path = tmp_path / "a.csv"
    cell = f'"备注\n{long}某某,+8613800000001\n某某,+8613800000002\n"'
    path.write_text(f"姓名,电话\n王,{cell}\n李,+8613912345678\n", encoding="utf-8")
    bad, row = read(path)[1]
    assert isinstance(bad, BadRow)
    last = 2 + cell.count("\n")
    assert (bad.line, bad.cells) == (2, ())
    assert bad.reason.endswith(f"(lines 2 to {last}); mend {path} itself")
    assert row == Row(last + 1, ["李", "+8613912345678"])


def test_an_endless_cell_that_is_never_closed_is_the_last_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("name,phone\na,1\nb," + '"x\n' + "c,2\n" * 70_000)
    first, bad = read(path)[1]
    assert (first, isinstance(bad, BadRow)) == (Row(2, ["a", "1"]), True)
    assert "(lines 3 to 70003)" in bad.reason  # type: ignore[union-attr]


def test_a_header_may_hold_a_line_break(tmp_path: Path) -> None:
    path = csv_of(tmp_path / "a.csv", "utf-8", names=("姓名", "电话\n(必填)"))
    header, found = read(path)
    assert header == ("姓名", "电话\n(必填)")
    assert [(row.line, tuple(row.cells)) for row in found if isinstance(row, Row)] == [
        (3, ROWS[0]),
        (4, ROWS[1]),
    ]


def test_chinese_is_known_however_late_it_comes(tmp_path: Path) -> None:
    rows = [*(("Li", "13912345678"),) * 5000, *ROWS]
    _, found = read(csv_of(tmp_path / "a.csv", "gb18030", rows, ("name", "phone")))
    assert [tuple(row) for row in cells(found)] == rows
    late = [*rows[:5000], ("Müller é", "1")]
    with pytest.raises(InputError, match=r":5002: expected UTF-8 \(got the byte 0xfc\)"):
        read(csv_of(tmp_path / "b.csv", "cp1252", late, ("name", "phone")))


@pytest.mark.parametrize(
    ("encoding", "rows", "is_known"),
    [
        ("gb18030", [("朱镕基", "1"), ("陶喆", "2"), ("李堃", "3")], True),
        ("gb18030", [("王小明", "1"), ("𠮷野", "2"), ("€", "3")], True),
        ("big5", [("陳大文", "1"), ("林小明", "2")], False),
        ("cp1252", [("Müller", "1"), ("José", "2")], False),
    ],
)
def test_names_are_rarer_than_what_names_their_column(
    tmp_path: Path, encoding: str, rows: Any, is_known: bool
) -> None:
    names = {"gb18030": NAMES, "big5": ("姓名", "手機")}.get(encoding, ("prénom", "téléphone"))
    path = csv_of(tmp_path / "a.csv", encoding, rows, names)
    if is_known:
        assert [tuple(row) for row in cells(read(path)[1])] == rows
        return
    with pytest.raises(InputError, match="name its encoding with --encoding"):
        read(path)


def test_a_workbook_says_what_people_see(workbook: Callable[..., Path]) -> None:
    path = workbook(
        [13912345678, True],
        [13912345678.0, date(2026, 11, 28)],
        [1.5, datetime(2026, 11, 28, 9, 30)],  # noqa: DTZ001 - a spreadsheet knows no zones
        [None, None],
        ["_x0041_A", "'=1"],
        ["王"],
    )
    found = read(path)[1]
    assert cells(found) == [
        ["13912345678", "true"],
        ["13912345678", "2026-11-28"],
        ["1.5", "2026-11-28T09:30:00"],
        ["AA", "'=1"],
        ["王", ""],
    ]
    assert [row.line for row in found] == [2, 3, 4, 6, 7]


def test_formulas_errors_and_ragged_rows_of_a_workbook(
    workbook: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.sheet_xlsx.LONGEST_CELL", 1000)
    path = workbook(["=A1&B1", "1"], ["王", "#N/A"], ["李", "2", "3"], ["长" * 1001, "4"])
    found = read(path)[1]
    told = [(r.line, r.column, r.reason[:24]) for r in found if isinstance(r, BadRow)]
    assert found[0].cells[0] == "#FORMULA!"  # else what is not mended would come in as a text
    assert told == [
        (2, "姓名", "it is a formula; copy th"),
        (3, "电话", "it is an error of the sp"),
        (4, "", "expected 2 cells, as in "),
        (5, "姓名", "it is longer than 1000 c"),
    ]


def test_what_a_spreadsheet_could_not_work_out_is_no_text_in_csv_either(tmp_path: Path) -> None:
    path = csv_of(tmp_path / "a.csv", "utf-8", [("#N/A", "1"), ("#FORMULA!", "2"), ("#N/A x", "3")])
    bad, formula, row = read(path)[1]
    assert bad == BadRow(2, "姓名", "it is an error of the spreadsheet: #N/A", ("#N/A", "1"))
    assert isinstance(formula, BadRow)
    assert formula.reason.startswith("it is a formula; ")
    assert row == Row(4, ["#N/A x", "3"])


def test_a_sheet_by_its_name(workbook: Callable[..., Path]) -> None:
    path = workbook()
    assert read(path, name="另一个")[0] == ("x",)
    with pytest.raises(InputError, match="there is no sheet '没有'; there are: '客户', '另一个'"):
        read(path, name="没有")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"PK\x03\x04 broken", "it is no workbook that can be read"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a workbook of Excel before 2007, or has a password"),
    ],
)
def test_what_is_no_workbook(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(content)
    with pytest.raises(InputError, match=sentence):
        read(path)


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/workbook.xml"])
@pytest.mark.parametrize(
    "bomb",
    [
        b"<a>" * 1000,
        b'<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "' + b"&b;" * 10 + b'">]><a>&d;</a>',
        b"<worksheet><sheetData><row r='99999999999'><c r='ZZZZZ1'><v>1</v></c></row>",
    ],
)
def test_a_broken_part_of_a_workbook_is_one_sentence(
    workbook: Callable[..., Path], tmp_path: Path, part: str, bomb: bytes
) -> None:
    path, broken = workbook(["王", "1"]), tmp_path / "broken.xlsx"
    with ZipFile(path) as before, ZipFile(broken, "w", ZIP_DEFLATED) as after:
        for name in before.namelist():
            after.writestr(name, bomb if name == part else before.read(name))
    with pytest.raises(InputError) as wrong:
        read(broken)
    assert "\n" not in str(wrong.value)


def test_what_unpacks_to_more_than_memory_is_refused(
    workbook: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = workbook(["王", "1"])
    monkeypatch.setattr("cli.sheet_xlsx.LARGEST_PART", 10)
    with pytest.raises(InputError, match="it unpacks to more than 0 MB"):
        read(path)


ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
HOSTILE = st.sampled_from(
    ["=1+1", "+1+1", "-2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "'=1", "''=1", "＝1", "+12125550100",
     "_x0041_", "\x00", "a\x01b", " 王 ", '"', "王;李|赵,钱", "\ufeff", "\ufffe", "\u202e"]
)  # fmt: skip


@given(st.lists(st.lists(ANY | HOSTILE, min_size=2, max_size=2), max_size=6))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_what_is_written_is_read_as_the_same(
    tmp_path: Path, kind: str, rows: list[list[str]]
) -> None:
    path = tmp_path / f"out.{kind}"
    path.unlink(missing_ok=True)
    with new_sheet(path) as write:
        write(NAMES)
        for row in rows:
            write(["x" + row[0], row[1]])  # no row is empty
    found = read(path)[1]
    again = [[unquoted(cell) for cell in row] for row in cells(found)]
    assert again == [["x" + row[0], row[1]] for row in rows]


@given(ANY | HOSTILE)
def test_no_cell_is_a_formula(text: str) -> None:
    safe = quoted(text)
    digits = safe[1:].translate(str.maketrans("", "", " ()./-0123456789"))
    assert not safe.startswith(tuple("=-@\t\r\n\0＝＋－＠"))
    assert not safe.startswith("+") or not digits
    assert unquoted(safe) == text


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_where_writing_breaks_off_there_is_no_file(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"out.{kind}"
    with pytest.raises(ZeroDivisionError), new_sheet(path) as write:  # noqa: PT012
        write(NAMES)
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []
    path.touch()
    with pytest.raises(InputError, match="it is there already"), new_sheet(path):
        pass
    with pytest.raises(InputError, match=r"ends in \.csv or \.xlsx"), new_sheet(tmp_path / "a.txt"):
        pass

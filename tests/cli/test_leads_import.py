"""Importing leads: what is stored, what is rejected and why, and that nothing is half done."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

HOSTILE = (
    "x\r\nAction: Originate\r\nApplication: System",
    "${SYSTEM(reboot)}",
    "a&PJSIP/b,c;d|e#f",
    "=cmd|'/c calc'!A1",
    "\x1b[2J\x00\x07[red]",
    "'; DROP TABLE leads; --",
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 \u202e gnitirw",
)
FREE = ("name", "reference", "remarks")  # columns that may hold any text


def import_(run: Any, file: Path, *more: str) -> tuple[int, dict[str, Any]]:
    ran = run("leads", "import", file, "--list", "spring", "--json", *more)
    assert len(ran.lines) == 1, ran.err
    return ran.code, json.loads(ran.out)


def leads_of(run: Any) -> list[dict[str, Any]]:
    ran = run("leads", "list", "spring", "--json", "--limit", 1000)
    return [json.loads(line) for line in ran.lines]


def test_a_whole_file(run: Any, site: Path, tmp_path: Path) -> None:
    file = tmp_path / "leads.csv"
    file.write_text(
        "Phone;Name;Priority;Segment;Skills;Timezone;Reference;Plan\n"
        "+1 (212) 555-0110;Ada;5;gold;english,german;;C-1;gold\n"
        "+12125550111;;;;;Europe/Berlin;;\n",
        encoding="utf-8-sig",
    )
    code, told = import_(run, file)
    assert (code, told["added"], told["duplicates"], told["rejected"]) == (0, 2, 0, 0)
    ada, other = leads_of(run)
    assert ada["number"] == "+12125550110"
    assert (ada["name"], ada["rank"], ada["segment"]) == ("Ada", -5, "gold")
    assert (ada["skills"], ada["zones"]) == (["english", "german"], "America/New_York")
    assert (ada["external_ref"], ada["fields"]) == ("C-1", {"Plan": "gold"})
    assert (other["zones"], other["fields"]) == ("Europe/Berlin", {})


def test_the_summary_for_people(run: Any, site: Path, tmp_path: Path) -> None:
    file = tmp_path / "leads.csv"
    file.write_text("number\n+12125550110\nnonsense\n+12125550110\n")
    ran = run("leads", "import", file, "--list", "spring")
    assert ran.code == 1
    assert ran.lines == [
        f"{file}: 1 leads added to list 'spring', 1 on it already, 1 rejected",
        f"The rejected rows are in {tmp_path}/leads.rejects.csv: mend them there and import it",
    ]
    assert ran.err == f"{file}:3: number: it holds the letter 'n'; write digits only\n"


@pytest.mark.parametrize("column", FREE)
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_kept_as_text(
    run: Any, site: Path, tmp_path: Path, column: str, text: str
) -> None:
    file = tmp_path / "leads.csv"
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([("number", column), ("+12125550110", text)])
    code, told = import_(run, file)
    assert (code, told["added"]) == (0, 1)
    [lead] = leads_of(run)
    found = {"name": lead["name"], "reference": lead["external_ref"], **lead["fields"]}[column]
    assert found == text.replace("\x00", "\ufffd")
    for command in (("leads", "list", "spring"), ("leads", "show", "+12125550110")):
        shown = run(*command).out
        assert "\x1b" not in shown
        assert "\nAction" not in shown


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("column", ["number", "priority", "segment", "skills", "timezone"])
def test_hostile_text_where_a_word_belongs_is_refused(
    run: Any, site: Path, tmp_path: Path, column: str, text: str
) -> None:
    file = tmp_path / "leads.csv"
    row = {"number": "+12125550110", column: text}
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([tuple(row), tuple(row.values())])
    code, told = import_(run, file)
    assert (code, told["added"], told["rejected"]) == (1, 0, 1)
    [problem] = told["problems"]
    assert (problem["line"], problem["column"]) == (2, column)
    assert problem["reason"].isprintable()
    assert leads_of_nothing(run)


def leads_of_nothing(run: Any) -> bool:
    return bool(run("leads", "list", "spring").code == 3)


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        ("1-800-FLOWERS,,", "number", "it holds the letter 'F'; write digits only"),
        (",5,", "number", "it is empty"),
        ("911,,", "number", "it is a short or emergency number, or not whole"),
        ("+12125550110,high,", "priority", "expected a whole number"),
        ("+12125550110,9999999,", "", "the priority is not between -1000000 and 1000000"),
        ("+12125550110,,Mars", "timezone", "expected an IANA time zone such as Europe/Berlin"),
        ("+12125550110,", "", "expected 3 cells, as in the header (got 2)"),
        ("+12125550110,,,,", "", "expected 3 cells, as in the header (got 5)"),
        ('"+12125550110"x,,', "", "the row is no CSV: ',' expected after '\"'"),
    ],
)
def test_each_bad_row_has_its_line_its_column_and_a_reason(
    run: Any, site: Path, tmp_path: Path, row: str, column: str, reason: str
) -> None:
    file = tmp_path / "leads.csv"
    file.write_text(f"number,priority,timezone\n+12125550119,,\n{row}\n+12125550118,,\n")
    code, told = import_(run, file)
    assert (code, told["added"], told["rejected"]) == (1, 2, 1)
    assert told["problems"] == [{"line": 3, "column": column, "reason": reason}]


def test_rejected_rows_can_be_mended_and_imported(run: Any, site: Path, tmp_path: Path) -> None:
    file = tmp_path / "leads.csv"
    file.write_text("number,name\n=1+1,=2+2\n+1212555O110,Ada\n")
    code, told = import_(run, file)
    assert (code, told["rejected"]) == (1, 2)
    rejects = Path(told["rejects_file"])
    header, formula, ada = csv.reader(rejects.read_text(encoding="utf-8").splitlines())
    assert header == ["number", "name", "reject_line", "reject_reason"]
    assert formula[:2] == ["'=1+1", "'=2+2"]  # no spreadsheet takes it for a formula
    assert ada[0] == "'+1212555O110"
    rejects.write_text("number,name,reject_line,reject_reason\n+12125550110,Ada,3,mended\n")
    assert import_(run, rejects)[1]["added"] == 1


def test_an_import_can_be_run_again(run: Any, site: Path, tmp_path: Path) -> None:
    file = tmp_path / "leads.csv"
    file.write_text("number,name\n+12125550110,Ada\n+1 212 555 0110,Twice\n+12125550111,Bo\n")
    assert import_(run, file)[1]["added"] == 2
    code, told = import_(run, file)
    assert (code, told["added"], told["duplicates"]) == (0, 0, 3)
    assert [lead["name"] for lead in leads_of(run)] == ["Ada", "Bo"]


def test_more_than_one_batch(run: Any, site: Path, tmp_path: Path) -> None:
    file = tmp_path / "leads.csv"
    rows = [f"+1{area}555{n:04d}" for area in (212, 312, 415) for n in range(100, 900)]
    file.write_text("\n".join(["number", *rows, "bad", rows[0]]))
    code, told = import_(run, file)
    assert (code, told["added"], told["duplicates"], told["rejected"]) == (1, 2400, 1, 1)
    assert told["problems"][0]["line"] == 2402


def test_a_row_of_several_lines_is_told_by_its_first(run: Any, site: Path, tmp_path: Path) -> None:
    file = tmp_path / "leads.csv"
    file.write_text('number,name\n+12125550110,"two\nlines"\nbad,x\n')
    told = import_(run, file)[1]
    assert [problem["line"] for problem in told["problems"]] == [4]


def test_a_number_without_country_needs_a_region(run: Any, site: Path, tmp_path: Path) -> None:
    file = tmp_path / "leads.csv"
    file.write_text("number\n(212) 555-0110\n")
    assert import_(run, file)[1]["rejected"] == 1
    assert import_(run, file, "--region", "us")[1]["added"] == 1
    ran = run("leads", "import", file, "--list", "spring", "--region", "Mars")
    assert (ran.code, ran.err) == (1, "'MARS' is not a region code such as US, DE or CN\n")


def test_a_lead_in_no_known_zone_is_told_of(run: Any, site: Path, tmp_path: Path) -> None:
    file = tmp_path / "leads.csv"
    file.write_text("number\n+80012345678\n")
    ran = run("leads", "import", file, "--list", "spring")
    assert "1 have no known time zone" in ran.out


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", ": the file is empty; expected a header and leads"),
        (b"\n\n", ": the file is empty; expected a header and leads"),
        (b"number,name\n", ": there are no leads after the header"),
        (b"+12125550110,Ada\n", ":1: no column 'number' or 'phone' in the header ("),
        (b"number,phone\n", ":1: there are two columns 'phone'"),
        (b"number,\n", ":1: column 2 has no name"),
        (b"number\n+12125550110\n\xff\n", ":3: expected UTF-8 (got the byte 0xff)"),
        (b"number\n" + b"1" * 1_100_000, ":2: a line is longer than 1000000 characters"),
    ],
)
def test_a_file_that_is_no_list_is_one_sentence(
    run: Any, site: Path, tmp_path: Path, content: bytes, sentence: str
) -> None:
    file = tmp_path / "leads.csv"
    file.write_bytes(content)
    ran = run("leads", "import", file, "--list", "spring")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith(f"{file}{sentence}")
    assert len(ran.err.splitlines()) == 1
    assert leads_of_nothing(run)


def test_a_quote_that_is_never_closed(run: Any, site: Path, tmp_path: Path) -> None:
    file = tmp_path / "leads.csv"
    file.write_text('number,name\n+12125550110,Ada\n+12125550111,"Bo\n+12125550112,Cy\n')
    code, told = import_(run, file)
    assert (code, told["added"]) == (1, 1)
    assert told["problems"] == [
        {
            "line": 3,
            "column": "",
            "reason": "a quote is opened and never closed; this row and all after it were not read",
        }
    ]


def test_a_lists_name_is_checked(run: Any, site: Path, tmp_path: Path) -> None:
    file = tmp_path / "leads.csv"
    file.write_text("number\n+12125550110\n")
    ran = run("leads", "import", file, "--list", "no good")
    assert ran.code == 3
    assert ran.err.startswith("The name of a list is a token")

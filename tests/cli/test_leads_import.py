"""Importing leads: what is stored, what is rejected and why, and that nothing is half done."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from storage.errors import DatabaseUnavailable
from storage.imports import import_leads

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
    assert (ada["name"], ada["priority"], ada["segment"]) == ("Ada", 5, "gold")
    assert (ada["skills"], ada["zones"]) == (["english", "german"], "America/New_York")
    assert (ada["reference"], ada["fields"]) == ("C-1", {"Plan": "gold"})
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
    found = {"name": lead["name"], "reference": lead["reference"], **lead["fields"]}[column]
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
        ('"+12125550110"x,,', "", "the row is no CSV: ',' expected after '\"'; mend {file} itself"),
    ],
)
def test_each_bad_row_has_its_line_its_column_and_a_reason(
    run: Any, site: Path, tmp_path: Path, row: str, column: str, reason: str
) -> None:
    file = tmp_path / "leads.csv"
    file.write_text(f"number,priority,timezone\n+12125550119,,\n{row}\n+12125550118,,\n")
    code, told = import_(run, file)
    assert (code, told["added"], told["rejected"]) == (1, 2, 1)
    expected = {"line": 3, "column": column, "reason": reason.format(file=file)}
    assert told["problems"] == [expected]


def test_rejected_rows_can_be_mended_and_imported(run: Any, site: Path, tmp_path: Path) -> None:
    file = tmp_path / "leads.csv"
    file.write_text("number,name,plan\n=1+1,=2+2,-5\n+1212555O110,Ada,'=x\n")
    code, told = import_(run, file)
    assert (code, told["rejected"]) == (1, 2)
    rejects = Path(told["rejects_file"])
    header, formula, ada = csv.reader(rejects.read_text(encoding="utf-8").splitlines())
    assert header == ["reject_line", "reject_reason", "number", "name", "plan"]
    assert formula[2:] == ["'=1+1", "'=2+2", "'-5"]  # no spreadsheet takes it for a formula
    assert ada[0] == "3"
    mended = rejects.read_text().replace("'=1+1", "'+12125550111").replace("O", "0")
    rejects.write_text(mended)
    assert import_(run, rejects)[1]["added"] == 2
    first, second = leads_of(run)
    assert (first["number"], first["name"], first["fields"]) == (
        "+12125550111",
        "=2+2",
        {"plan": "-5"},
    )
    assert (second["name"], second["fields"]) == ("Ada", {"plan": "=x"})


def test_rejects_of_rejects_keep_their_columns(run: Any, site: Path, tmp_path: Path) -> None:
    file = tmp_path / "leads.csv"
    file.write_text("number,name\nbad,Ada\n+12125550110,a,b\n+12125550111\n")
    first = import_(run, file)[1]
    second = import_(run, Path(first["rejects_file"]))[1]
    assert Path(second["rejects_file"]).name == "leads.rejects-2.csv"
    assert (second["added"], second["rejected"]) == (0, 3)  # none was taken for a good one
    rows = list(csv.reader(Path(second["rejects_file"]).read_text().splitlines()))
    assert rows[0] == ["reject_line", "reject_reason", "number", "name"]
    assert [row[2:] for row in rows[1:]] == [
        ["bad", "Ada"],
        ["+12125550110", "a", "b"],
        ["+12125550111"],
    ]


@pytest.mark.parametrize("how", ["the same name", "a link", "through a folder"])
def test_the_file_that_is_imported_is_never_written_over(
    run: Any, site: Path, tmp_path: Path, how: str
) -> None:
    file = tmp_path / "leads.csv"
    file.write_text("number\nbad\n+12125550110\n")
    target = file
    if how == "a link":
        target = tmp_path / "link.csv"
        target.hardlink_to(file)
    elif how == "through a folder":
        (tmp_path / "sub").mkdir()
        target = tmp_path / "sub" / ".." / "leads.csv"
    ran = run("leads", "import", file, "--list", "spring", "--rejects", target)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == (
        f"{target}: it is the file that is imported; name another one with --rejects\n"
    )
    assert file.read_text() == "number\nbad\n+12125550110\n"
    assert leads_of_nothing(run)


def test_an_earlier_rejects_file_stays(run: Any, site: Path, tmp_path: Path) -> None:
    file, mended = tmp_path / "leads.csv", tmp_path / "leads.rejects.csv"
    file.write_text("number\nbad\n")
    mended.write_text("half mended")
    told = import_(run, file)[1]
    assert told["rejects_file"] == str(tmp_path / "leads.rejects-2.csv")
    assert import_(run, file)[1]["rejects_file"] == told["rejects_file"]  # it holds the same
    file.write_text("number\nworse\n")
    ran = run("leads", "import", file, "--list", "spring")
    assert f"The rejected rows are in {tmp_path}/leads.rejects-3.csv" in ran.out
    assert mended.read_text() == "half mended"
    ran = run("leads", "import", file, "--list", "spring", "--rejects", mended)
    assert (ran.code, ran.out) == (1, "")
    assert "it is there already; move it away" in ran.err
    assert sorted(p.name for p in tmp_path.glob(".*")) == []  # nothing half written


@pytest.mark.parametrize(
    ("where", "sentence"),
    [
        ("none/x.csv", "it cannot be written: there is no such folder; name another one with"),
        (".", "it is a folder, not a file; name another one with --rejects"),
        ("leads.csv/x.csv", "it cannot be written: its folder is a file; name another one"),
    ],
)
def test_where_rejects_cannot_go_is_told_before_anything_is_stored(
    run: Any, site: Path, tmp_path: Path, where: str, sentence: str
) -> None:
    file, target = tmp_path / "leads.csv", tmp_path / where
    file.write_text("number\n+12125550110\nbad\n")
    ran = run("leads", "import", file, "--list", "spring", "--rejects", target)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith(f"{target}: {sentence}")
    assert len(ran.err.splitlines()) == 1
    assert leads_of_nothing(run)


def test_a_line_that_is_too_long_is_one_bad_row(run: Any, site: Path, tmp_path: Path) -> None:
    file = tmp_path / "leads.csv"
    long = "1" * 2_100_000
    file.write_text(f"number,name\n+12125550110,Ada\n{long}\n+12125550111,Bo\nbad,Cy\n")
    code, told = import_(run, file)
    assert (code, told["added"], told["rejected"], told["complete"]) == (1, 2, 2, True)
    assert [problem["line"] for problem in told["problems"]] == [3, 5]
    assert told["problems"][0]["reason"] == (
        f"the line is longer than 1000000 characters; mend {file} itself"
    )


def test_rows_that_could_not_be_split_are_mended_in_the_file_itself(
    run: Any, site: Path, tmp_path: Path
) -> None:
    file, rejects = tmp_path / "leads.csv", tmp_path / "leads.rejects.csv"
    file.write_text('number,name\n"+12125550110"x,Ada\n')
    ran = run("leads", "import", file, "--list", "spring")
    assert ran.lines[1] == f"The rejected rows are named in {rejects}: mend {file} itself"
    rejects.unlink()
    file.write_text('number,name\n"+12125550110"x,Ada\nbad,Bo\n')
    ran = run("leads", "import", file, "--list", "spring")
    assert ran.lines[1] == (
        f"The rejected rows are in {rejects}: mend them there and import it; "
        f"1 could not be split into cells: mend {file} itself"
    )


def test_an_import_that_breaks_off_says_what_was_stored(
    run: Any, site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [f"+1{area}555{n:04d}" for area in (212, 312) for n in range(100, 900)]
    file = tmp_path / "leads.csv"
    file.write_text("\n".join(["number", "bad", *rows]))
    batches = iter([True])

    def once(*args: Any) -> Any:
        if next(batches, False):
            return import_leads(*args)
        raise DatabaseUnavailable("The database is away")

    monkeypatch.setattr("cli.leads_import.import_leads", once)
    ran = run("leads", "import", file, "--list", "spring")
    assert ran.code == 4
    assert ran.lines[0] == (
        f"{file}: 1000 leads added to list 'spring', 0 on it already, 1 rejected; "
        "it broke off, so run it again"
    )
    assert ran.lines[1].startswith(f"The rejected rows are in {tmp_path}/leads.rejects.csv")
    assert ran.err.endswith("The database is away\n")


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
    told = import_(run, file)[1]
    assert "name a region with --region, such as US" in told["problems"][0]["reason"]
    assert import_(run, file, "--region", "us")[1]["added"] == 1
    ran = run("leads", "import", file, "--list", "spring", "--region", "Mars")
    assert (ran.code, ran.err) == (
        1,
        "--region: 'MARS' is not a region code such as US, DE or CN\n",
    )


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
            "reason": "a quote is opened and never closed; "
            f"this row and all after it were not read (lines 3 to 4); mend {file} itself",
        }
    ]


def test_a_lists_name_is_checked(run: Any, site: Path, tmp_path: Path) -> None:
    file = tmp_path / "leads.csv"
    file.write_text("number\n+12125550110\n")
    ran = run("leads", "import", file, "--list", "no good")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == (
        "--list: expected letters, digits, '-' and '_', at most 64, a letter or digit first "
        "(got 'no good')\n"
    )

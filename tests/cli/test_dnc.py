"""The do-not-call commands."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from cli.site import now, open_site
from storage import dnc
from storage.customers import changes, look
from storage.customers.changes import By
from storage.customers.given import GivenCustomer
from storage.customers.sync import sync
from storage.tables.records import OUTBOX
from workers.changes import heed_batch


def test_a_number_is_put_on_and_taken_off(run: Any, site: Path) -> None:
    assert run("dnc", "check", "+12125550110").out == (
        "+12125550110 is not on the do-not-call list.\n"
    )
    assert run("dnc", "add", "+1 212 555 0110").out == (
        "+12125550110 is on the do-not-call list (every campaign).\n"
    )
    again = json.loads(run("dnc", "add", "2125550110", "--region", "US", "--json").out)
    assert again["added"] is False
    told = json.loads(run("dnc", "check", "+12125550110", "--json").out)
    assert told["listed"] is True
    assert told["entries"][0]["source"] == "command line"
    assert run("dnc", "remove", "+12125550110").code == 0
    ran = run("dnc", "remove", "+12125550110")
    assert (ran.code, ran.out) == (3, "")
    assert ran.err == "+12125550110 is not on the do-not-call list (every campaign)\n"


def test_a_customer_is_forbidden_by_a_number_only_where_that_is_said(run: Any, site: Path) -> None:
    mobile, office, ada = "+8613912345678", "+862112345678", "+12125550110"
    with open_site() as opened:
        given = [
            GivenCustomer("C-1", name="王小明", numbers=(mobile, office)),
            GivenCustomer("C-2", name="李雷", numbers=(ada,)),
        ]
        sync(opened.store, "crm", given, By("api:crm", "crm"), now())
        wang = look.by_number(opened.store, mobile)
        assert wang is not None

    def stands() -> tuple[bool, bool, list[str]]:
        with open_site() as opened:
            told = changes.of_customer(opened.store, wang)
            listed = bool(dnc.check(opened.store, office))
            forbids = [c.by.who for c in told if c.change.what == "do_not_call"]
            return look.get(opened.store, wang)["do_not_call"], listed, forbids

    ran = run("dnc", "add", mobile)
    assert (ran.code, stands()) == (0, (False, False, []))
    assert "a number of 王小明, who is not forbidden by that: other numbers may be" in ran.err
    assert run("dnc", "add", mobile, "--days", 9).err == ""
    ran = run("dnc", "add", office, "--customer", "--source", "letter")
    assert (ran.code, ran.err) == (0, "")
    assert ran.lines[1] == "So is its customer 王小明, with 1 other number(s)."
    assert stands() == (True, True, ["cli"])
    [entry] = json.loads(run("dnc", "check", office, "--json").out)["entries"]
    assert entry["source"] == "letter"
    again = run("dnc", "add", mobile, "--customer", "--json")
    assert json.loads(again.out)["customer_id"] == str(wang)
    assert stands() == (True, True, ["cli"])
    assert run("dnc", "add", mobile).err == ""  # nothing is left open
    with open_site() as opened:
        while heed_batch(opened.store, tells=True):
            pass
        with opened.store.reading() as connection:
            sent = connection.execute(select(OUTBOX.c.payload)).scalars().all()
    [told] = [each for each in sent if each.get("who") == "cli"]
    assert told["changes"] == [{"what": "do_not_call", "old": False, "new": True}]


def test_of_a_number_that_is_nobodys_the_number_is_listed(run: Any, applied: str) -> None:
    ran = run("dnc", "add", "+12125550199", "--customer")
    assert ran.code == 0
    assert ran.err == "No customer has +12125550199: the number alone is on the list\n"
    assert json.loads(run("dnc", "check", "+12125550199", "--json").out)["listed"]
    for words in (("--days", 3), ("--campaign", "spring")):
        ran = run("dnc", "add", "+12125550110", "--customer", *words)
        assert (ran.code, "for every campaign" in ran.err) == (2, True)
    assert not json.loads(run("dnc", "check", "+12125550110", "--json").out)["listed"]


def test_for_one_campaign_and_for_some_days(run: Any, applied: str) -> None:
    ran = run("dnc", "add", "+12125550110", "--campaign", "spring", "--days", 60)
    assert ran.out == "+12125550110 is on the do-not-call list (campaign spring).\n"
    [entry] = json.loads(run("dnc", "check", "+12125550110", "--json").out)["entries"]
    assert entry["scope"] == "spring"
    assert entry["expires_at"] is not None
    assert run("dnc", "check", "+12125550110").lines[0] == ran.out.strip()
    assert run("dnc", "remove", "+12125550110").code == 3
    assert run("dnc", "remove", "+12125550110", "--campaign", "spring").code == 0
    assert run("dnc", "check", "+12125550110", "--campaign", "spring").out == (
        "+12125550110 is not on the do-not-call list (campaign spring).\n"
    )


@pytest.mark.parametrize("command", ["add", "import", "check", "remove"])
def test_a_campaign_that_is_not_there_is_refused(
    run: Any, applied: str, tmp_path: Path, command: str
) -> None:
    file = tmp_path / "list.txt"
    file.write_text("+12125550110\n")
    what = file if command == "import" else "+12125550110"
    ran = run("dnc", command, what, "--campaign", "sprng")
    assert (ran.code, ran.out) == (3, "")
    assert ran.err == "There is no campaign 'sprng'; did you mean 'spring'?\n"
    assert json.loads(run("dnc", "check", "+12125550110", "--json").out)["entries"] == []


def test_an_entry_for_a_misspelt_campaign_can_be_taken_off(run: Any, applied: str) -> None:
    with open_site() as opened:
        dnc.add(opened.store, ["+12125550110"], now(), scope="sprng")
    assert run("dnc", "remove", "+12125550110", "--campaign", "sprng").code == 0


def test_only_a_list_that_was_imported_for_good_satisfies_the_doctor(
    run: Any, applied: str, tmp_path: Path
) -> None:
    def doctor() -> str:
        found = json.loads(run("doctor", "--json").out)["findings"]
        return str(next(f["words"] for f in found if f["part"] == "do-not-call"))

    file = tmp_path / "list.txt"
    file.write_text("number\nnonsense\n")
    assert run("dnc", "import", file).code == 1
    file.write_text("+12125550110\n")
    run("dnc", "import", file, "--campaign", "spring")
    run("dnc", "import", file, "--days", 30)
    assert doctor() == "no list was ever imported"
    ran = run("dnc", "import", file)
    assert ran.out == f"{file} (every campaign): 1 added, 0 known, 0 rejected\n"
    assert doctor() == "the last list was imported 0 day(s) ago"


@pytest.mark.parametrize("number", ["1-800-FLOWERS", "911", "+1212\r\n5550110", ""])
def test_what_is_no_number_is_refused(run: Any, site: Path, number: str) -> None:
    ran = run("dnc", "add", number)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith(f"NUMBER {number!r}: it ")
    assert len(ran.err.splitlines()) == 1


def test_a_file_of_numbers(run: Any, site: Path, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("number,since\n+12125550110,2020\n+12125550111,2021\nnonsense,2022\n")
    ran = run("dnc", "import", file, "--json")
    told = json.loads(ran.out)
    assert (ran.code, told["added"], told["rejected"]) == (1, 2, 1)
    assert told["problems"] == [{"line": 4, "reason": "it holds the letter 'n'; write digits only"}]
    ran = run("dnc", "import", file)
    assert ran.out == f"{file} (every campaign): 0 added, 2 known, 1 rejected\n"
    assert ran.err == f"{file}:4: it holds the letter 'n'; write digits only\n"


def test_a_number_without_country_is_told_how_to_name_one(run: Any, site: Path) -> None:
    ran = run("dnc", "add", "2125550110")
    assert ran.err == (
        "NUMBER '2125550110': it has no country code: write it with '+' and the country code, "
        "or name a region with --region, such as US\n"
    )
    ran = run("dnc", "add", "2125550110", "--region", "Mars")
    assert (ran.code, ran.err) == (
        1,
        "--region: 'MARS' is not a region code such as US, DE or CN\n",
    )


def test_a_line_that_is_too_long_is_passed_over(run: Any, site: Path, tmp_path: Path) -> None:
    file = tmp_path / "list.txt"
    file.write_text("+12125550110\n" + "1" * 2_100_000 + "\n+12125550111\nbad\n")
    told = json.loads(run("dnc", "import", file, "--json").out)
    assert (told["added"], told["scope"]) == (2, "*")
    assert [problem["line"] for problem in told["problems"]] == [2, 4]
    assert told["problems"][0]["reason"] == "the line is longer than 1000000 characters"


def test_an_empty_file(run: Any, site: Path, tmp_path: Path) -> None:
    file = tmp_path / "list.txt"
    file.write_text("")
    ran = run("dnc", "import", file)
    assert (ran.code, ran.err) == (1, f"{file}: the file is empty; expected one number a line\n")

"""The do-not-call commands."""

import json
from pathlib import Path
from typing import Any

import pytest


def test_a_number_is_put_on_and_taken_off(run: Any, site: Path) -> None:
    assert run("dnc", "check", "+12125550110").out == (
        "+12125550110 is not on the do-not-call list.\n"
    )
    assert run("dnc", "add", "+1 212 555 0110").out == (
        "+12125550110 is on the do-not-call list.\n"
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


def test_for_one_campaign_and_for_some_days(run: Any, site: Path) -> None:
    assert run("dnc", "add", "+12125550110", "--campaign", "spring", "--days", 60).code == 0
    [entry] = json.loads(run("dnc", "check", "+12125550110", "--json").out)["entries"]
    assert entry["scope"] == "spring"
    assert entry["expires_at"] is not None
    assert run("dnc", "remove", "+12125550110").code == 3
    assert run("dnc", "remove", "+12125550110", "--campaign", "spring").code == 0


@pytest.mark.parametrize("number", ["1-800-FLOWERS", "911", "+1212\r\n5550110", ""])
def test_what_is_no_number_is_refused(run: Any, site: Path, number: str) -> None:
    ran = run("dnc", "add", number)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("it ")
    assert len(ran.err.splitlines()) == 1


def test_a_file_of_numbers(run: Any, site: Path, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("number,since\n+12125550110,2020\n+12125550111,2021\nnonsense,2022\n")
    ran = run("dnc", "import", file, "--json")
    told = json.loads(ran.out)
    assert (ran.code, told["added"], told["rejected"]) == (1, 2, 1)
    assert told["problems"] == [{"line": 4, "reason": "it holds the letter 'n'; write digits only"}]
    ran = run("dnc", "import", file)
    assert ran.out == f"{file}: 0 added, 2 known, 1 rejected\n"
    assert ran.err == f"{file}:4: it holds the letter 'n'; write digits only\n"


def test_an_empty_file(run: Any, site: Path, tmp_path: Path) -> None:
    file = tmp_path / "list.txt"
    file.write_text("")
    ran = run("dnc", "import", file)
    assert (ran.code, ran.err) == (1, f"{file}: the file is empty; expected one number a line\n")

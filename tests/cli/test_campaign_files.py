"""`campaign validate` and `schema`, and the examples that ship."""

import json
import os
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from campaigns.spec.file import load

OF_A_PBX = "pbx.yaml"
FOLDER = Path(str(files("cli"))) / "examples"
EXAMPLES = sorted(path for path in FOLDER.glob("*.yaml") if path.name != OF_A_PBX)
MALFORMED = {
    "empty": b"",
    "not YAML": b"name: [a\n",
    "a tab": b"name: a\nagents:\n\tnames: [x]\n",
    "a list": b"- a\n",
    "not UTF-8": b"name: k\xe4se\n",
    "binary": bytes(range(256)),
    "a bomb": b"a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n",
    "too deep": b"a: " + b"[" * 1000,
    "a tag": b"a: !!python/object/apply:os.system [id]\n",
    "a key twice": b"name: a\nname: b\n",
    "an unknown key": b"nmae: a\n",
}


def test_a_right_file_is_one_line(run: Any, tmp_path: Path, campaign_text: str) -> None:
    file = tmp_path / "spring.yaml"
    file.write_text(campaign_text)
    ran = run("campaign", "validate", file)
    assert ran.code == 0
    assert ran.lines == [
        f"{file}: OK: campaign 'spring', progressive, list 'spring', 1 trunk(s) with 10 channels"
    ]
    told = json.loads(run("campaign", "validate", file, "--json").out)
    assert told == {
        "file": str(file), "ok": True, "campaign": "spring", "problems": [], "warnings": [],
    }  # fmt: skip


@pytest.mark.parametrize("kind", MALFORMED)
def test_a_wrong_file_is_told_by_line_and_column(run: Any, tmp_path: Path, kind: str) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_bytes(MALFORMED[kind])
    ran = run("campaign", "validate", file)
    assert (ran.code, ran.err) == (1, "")
    assert ran.lines
    for line in ran.lines:
        name, row, column, rest = line.split(":", 3)
        assert name == str(file)
        assert int(row) >= 1
        assert int(column) >= 1
        assert rest.startswith(" ")
        assert line.isprintable()


def test_problems_as_json(run: Any, tmp_path: Path, campaign_text: str) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(campaign_text.replace("channels", "chanels"))
    ran = run("campaign", "validate", file, "--json")
    told = json.loads(ran.out)
    assert (ran.code, told["ok"], len(ran.lines)) == (1, False, 1)
    assert told["problems"][0] == {
        "file": str(file),
        "line": 3,
        "column": 26,
        "path": "trunks[0].chanels",
        "message": "unknown key 'chanels'",
        "hint": "did you mean 'channels'?",
    }


def test_a_file_that_cannot_be_read(run: Any, tmp_path: Path) -> None:
    ran = run("campaign", "validate", tmp_path / "none.yaml")
    assert (ran.code, ran.err) == (1, f"{tmp_path}/none.yaml: there is no such file\n")
    ran = run("campaign", "validate", tmp_path)
    assert (ran.code, ran.err) == (1, f"{tmp_path}: it is a folder, not a file\n")


def test_a_file_that_cannot_be_read_is_a_problem_in_json(run: Any, tmp_path: Path) -> None:
    ran = run("campaign", "validate", tmp_path / "none.yaml", "--json")
    told = json.loads(ran.out)
    assert (ran.code, told["ok"], ran.err) == (1, False, "")
    assert [p["message"] for p in told["problems"]] == ["there is no such file"]
    assert told["problems"][0].keys() == {"file", "line", "column", "path", "message", "hint"}


def test_what_is_no_file_is_neither_read_nor_waited_for(run: Any, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.yaml"
    os.mkfifo(pipe)
    leads = ("leads", "import", pipe, "--list", "spring")
    assert run("init").code == 0
    for command in (("campaign", "validate", pipe), ("campaign", "plan", pipe), leads):
        ran = run(*command)
        assert (ran.code, ran.out) == (1, "")
        assert ran.err == f"{pipe}: it is a device or a pipe; expected a file, so save it as one\n"
    assert run("campaign", "validate", "/dev/zero").code == 1


def test_no_more_is_read_of_a_file_than_a_campaign_may_have(run: Any, tmp_path: Path) -> None:
    file = tmp_path / "huge.yaml"
    with file.open("wb") as sparse:
        sparse.truncate(1 << 40)
    ran = run("campaign", "validate", file)
    assert (ran.code, ran.err) == (1, "")
    assert ran.out == f"{file}:1:1: YAML: expected a file of at most 256 KiB (got more)\n"


def test_the_schema_is_json(run: Any) -> None:
    ran = run("campaign", "schema")
    assert json.loads(ran.out)["title"] == "Dialplane campaign"
    assert run("campaign", "schema", "--json").out == ran.out


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda f: f.name)
def test_every_example_is_right(file: Path) -> None:
    assert load(file.read_bytes(), file.name).name


def test_each_mode_has_an_example() -> None:
    modes = {load(file.read_bytes()).mode.value for file in EXAMPLES}
    assert modes == {"predictive", "progressive", "power", "preview"}

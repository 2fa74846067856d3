"""`dialplane crm pull`, `push` and `map`, on a CRM in an SQLite database."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text

from cli.site import open_site
from storage.customers import look
from storage.messages import Message
from storage.outbox import write_messages

MAP = """
customers:
  table: people
  id: id
  updated_at: updated_at
  region: CN
  fields: {name: name, numbers: phone, intent: intent}
results:
  table: calls
"""


@pytest.fixture
def erp(site: Path) -> Iterator[Engine]:
    engine = create_engine(f"sqlite:///{site / 'erp.db'}")
    with engine.begin() as connection:
        for statement in (
            "CREATE TABLE people (id INTEGER PRIMARY KEY, updated_at DATETIME, name TEXT,"
            " phone TEXT, intent TEXT)",
            "CREATE TABLE calls (idempotency_key TEXT UNIQUE, disposition TEXT, note TEXT)",
            "INSERT INTO people VALUES (1, '2026-11-28 09:00:00', '王小明', '139 1234 5678', NULL)",
            "INSERT INTO people VALUES (2, '2026-11-28 09:00:01', '李雷', 'none', NULL)",
        ):
            connection.execute(text(statement))
    with (site / "dialplane.toml").open("a", encoding="utf-8") as settings:
        settings.write(f'[crms.erp]\nkind = "sql"\nurl = "{engine.url}"\nmap = "erp.yaml"\n')
    (site / "erp.yaml").write_text(MAP, encoding="utf-8")
    yield engine
    engine.dispose()


def test_customers_come_and_results_go(run: Any, erp: Engine) -> None:
    told = json.loads(run("crm", "pull", "--json").out)
    assert (told["crm"], told["rows"], told["created"], told["refused"]) == ("erp", 2, 2, 0)
    assert (told["numbers_left_out"], told["up_to"]) == (1, "2026-11-28 09:00:01")
    again = run("crm", "pull", "erp", "--again")
    assert "2 row(s): 0 created, 0 updated, 2 unchanged, 0 refused" in again.out

    with open_site() as opened:
        customer = look.by_external_id(opened.store, "erp", "1")
        payload = {"customer_id": str(customer), "disposition": "sale", "note": "已成交"}
        with opened.store.writing() as connection:
            write_messages(connection, [Message("attempt.ended", "k", payload)])
    [pushed] = [json.loads(line) for line in run("crm", "push", "--json").lines]
    assert pushed == {"receiver": "erp", "tried": 1}
    with erp.connect() as connection:
        assert connection.execute(text("SELECT note FROM calls")).scalars().all() == ["已成交"]


def test_a_map_is_compared_with_the_crm(run: Any, erp: Engine, site: Path) -> None:
    looked = run("crm", "map", "erp")
    assert looked.code == 0
    assert "ok: 1: name='王小明'" in looked.out
    assert "takes disposition, note, idempotency_key" in looked.out
    (site / "erp.yaml").write_text("")  # as '--guess > erp.yaml' leaves it for the command
    assert "    name: name\n    numbers: phone\n" in run("crm", "map", "erp", "--guess").out
    (site / "erp.yaml").unlink()
    assert "numbers: phone" in run("crm", "map", "erp", "--guess").out

    (site / "erp.yaml").write_text(MAP.replace("phone,", "fone,"))
    wrong = run("crm", "map", "erp")
    assert wrong.code != 0
    assert "the table people has no column fone; it has id, updated_at, name, phone" in wrong.err


def test_a_field_that_is_gone_is_left_out_and_hinders_nobody(
    run: Any, erp: Engine, site: Path, tmp_path: Path
) -> None:
    crm = tmp_path / "crm.yaml"
    crm.write_text("fields: [{name: remark, type: text}]\n")
    assert run("crm", "apply", crm).code == 0
    own = "numbers: phone, custom.remark: intent"
    (site / "erp.yaml").write_text(MAP.replace("numbers: phone, intent: intent", own))
    with erp.begin() as connection:
        connection.execute(text("UPDATE people SET intent = '备注'"))
    assert run("crm", "map", "erp").code == 0
    assert json.loads(run("crm", "pull", "--json").out)["created"] == 2
    crm.write_text("fields: []\n")
    assert run("crm", "apply", crm).code == 0
    sentence = "there is no field 'remark' in the CRM file: it is left out; declare it, or mend"
    looked = run("crm", "map", "erp")
    assert looked.code == 1
    assert f"wrong: {sentence}" in looked.out
    with erp.begin() as connection:
        connection.execute(text("UPDATE people SET name = '王大明', updated_at = '2026-11-29'"))
    ran = run("crm", "pull", "erp")
    assert "2 row(s): 0 created, 2 updated, 0 unchanged, 0 refused" in ran.out
    assert sentence in ran.out
    assert sentence in run("crm", "status", "--json").out


def test_who_would_be_refused_is_told_of_by_the_map(run: Any, erp: Engine, site: Path) -> None:
    (site / "erp.yaml").write_text(MAP.replace("intent: intent", "stage: intent"))
    with erp.begin() as connection:
        connection.execute(text("UPDATE people SET intent = '没有' WHERE id = 2"))
    looked = run("crm", "map", "erp")
    assert looked.code == 1
    assert "ok: 1: name='王小明'" in looked.out
    assert "ok: 2:" not in looked.out
    assert "wrong: 2: stage: expected one of none, as the CRM file declares no stages" in looked.out


def test_a_pull_that_refuses_rows_says_so_by_its_exit_code(
    run: Any, erp: Engine, site: Path
) -> None:
    (site / "erp.yaml").write_text(MAP.replace("intent: intent", "stage: intent"))
    with erp.begin() as connection:
        connection.execute(text("UPDATE people SET intent = '没有' WHERE id = 2"))
    ran = run("crm", "pull", "erp")
    assert ran.code == 1
    assert "2 row(s): 1 created, 0 updated, 0 unchanged, 1 refused" in ran.out
    assert "2: stage: expected one of none" in ran.out
    for words in (("erp", "--again", "--json"), ("--again", "--json")):
        ran = run("crm", "pull", *words)
        assert (ran.code, json.loads(ran.out)["refused"]) == (1, 1)
    with erp.begin() as connection:
        connection.execute(text("UPDATE people SET intent = NULL"))
    assert run("crm", "pull", "erp", "--again").code == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("customers: {table: people, id: id, fields: {nam: x}}", "a field of ours"),
        ("customers: {table: people, id: id, wins: {do_not_call: crm}}", "do_not_call that it is"),
        ("customers: {table: 'a; drop', id: id}", "erp.yaml:1:"),
        ("results: {table: calls, columns: {nam: x}}", "there is no field nam"),
    ],
)
def test_a_map_that_is_wrong_says_where(
    run: Any, erp: Engine, site: Path, text: str, said: str
) -> None:
    (site / "erp.yaml").write_text(text)
    wrong = run("crm", "pull", "erp")
    assert wrong.code != 0
    assert said in wrong.err
    assert "Traceback" not in wrong.err


def test_a_crm_that_is_not_in_the_settings(run: Any, site: Path) -> None:
    assert "the settings name no CRM" in run("crm", "pull").err
    for words in (
        ("map", "erp"),
        ("pull", "erp"),
        ("push", "erp"),
        ("status", "x"),
        ("retry", "x"),
    ):
        told = run("crm", *words)
        assert (told.code, "there is no " in told.err) == (3, True), words


def test_status_and_doctor_tell_of_a_crm_that_cannot_be_pulled(run: Any, erp: Engine) -> None:
    assert run("crm", "pull").code == 0
    with erp.begin() as connection:
        connection.execute(text("ALTER TABLE people RENAME TO gone"))
    assert "the table people does not exist" in run("crm", "pull").err
    [told] = [json.loads(line) for line in run("crm", "status", "--json").lines]
    assert (told["name"], told["pull"]["fails"], told["pull"]["rows"]) == ("erp", 1, 2)
    assert "the table people does not exist" in run("crm", "status").out
    findings = json.loads(run("doctor", "--json").out)["findings"]
    [crms] = [found for found in findings if found["part"] == "crms"]
    assert "nothing can be pulled from erp: the table people does not exist" in crms["words"]


@pytest.mark.parametrize("there", [None, ""])
def test_a_map_is_guessed_before_there_is_one(
    run: Any, erp: Engine, site: Path, there: str | None
) -> None:
    """Also where the shell has made the file that the guess is to go to."""
    (site / "erp.yaml").unlink()
    if there is not None:
        (site / "erp.yaml").write_text(there)
    ran = run("crm", "map", "erp", "--guess")
    assert (ran.code, ran.err) == (0, "")
    assert "table: people" in ran.out
    assert "numbers: phone" in ran.out


@pytest.mark.parametrize("command", ["pull", "push", "map"])
def test_the_help_names_the_section(run: Any, command: str) -> None:
    assert "[crms.NAME]" in run("crm", command, "--help").out


def test_one_that_is_away_hinders_no_other(run: Any, erp: Engine, site: Path) -> None:
    file = site / "dialplane.toml"
    gone = (
        '[crms.gone]\nkind = "sql"\nurl = "postgresql://u:secret@127.0.0.1:1/x"\nmap = "erp.yaml"\n'
    )
    file.write_text(file.read_text().replace("[crms.erp]", f"{gone}[crms.erp]"))
    pulled = run("crm", "pull")
    assert pulled.code == 4
    assert "erp: 2 row(s): 2 created" in pulled.out
    assert pulled.err.startswith("crms.gone: the CRM's database refused it: ")
    assert "secret" not in pulled.err
    lines = [json.loads(line) for line in run("crm", "pull", "--json").lines]
    assert [line["crm"] for line in lines] == ["gone", "erp"]
    assert "the CRM's database" in lines[0]["error"]
    for words in (("pull", "gone"), ("map", "gone")):
        assert run("crm", *words).code == 4

"""Exit codes, sentences, and that nobody ever sees a trace who has not asked for one."""

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from cli.errors import CODES, ExitCode, code_of, sentence
from connectors.pbx import PbxUnreachable
from storage.errors import DatabaseBusy, NotThere


@pytest.mark.parametrize("name", CODES)
def test_every_known_exception_exists(name: str) -> None:
    module, _, kind = name.rpartition(".")
    assert issubclass(getattr(import_module(module), kind), Exception)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NotThere("x"), ExitCode.NOT_SO),
        (DatabaseBusy("x"), ExitCode.UNREACHABLE),
        (PbxUnreachable("x"), ExitCode.UNREACHABLE),
        (KeyError("x"), ExitCode.INTERNAL),
        (BrokenPipeError(), None),
        (FileExistsError(17, "File exists", "/x"), ExitCode.BAD_INPUT),
    ],
)
def test_the_nearest_ancestor_decides(error: Exception, code: ExitCode | None) -> None:
    assert code_of(error) is code


def test_no_password_and_no_escape_is_told() -> None:
    error = PbxUnreachable("ami://me:secret@host does not answer\x1b[31m")
    told = sentence(error, ExitCode.UNREACHABLE)
    assert told == "ami://...@host does not answer\\x1b[31m"


def test_a_file_that_the_system_refuses_is_told_by_its_name() -> None:
    error = PermissionError(13, "Permission denied", "/etc/x")
    assert sentence(error, ExitCode.BAD_INPUT) == "/etc/x: Permission denied"


def test_our_own_hints_are_told_whole() -> None:
    hint = "expected main = 'ami://user:password@host:5038' or postgresql://user@host/name"
    assert sentence(NotThere(hint), ExitCode.NOT_SO) == hint
    assert "x" not in sentence(NotThere("ami://user:x@h ami://users:password@h"), ExitCode.NOT_SO)


def test_a_site_that_is_not_there(run: Any, home: Path) -> None:
    ran = run("campaign", "list")
    assert ran.code == ExitCode.NOT_SO
    assert ran.out == ""
    assert ran.err == (f"There is no site at {home}; run: dialplane init, or set DIALPLANE_HOME\n")


def test_a_wrong_command_line(run: Any) -> None:
    ran = run("campain")
    assert ran.code == ExitCode.USAGE
    assert "Did you mean 'campaign'" in ran.err
    assert run("campaign", "status").code == ExitCode.USAGE


def test_wrong_settings_name_file_and_key(run: Any, site: Path) -> None:
    file = site / "dialplane.toml"
    file.write_text("log_level = 'loud'\n")
    ran = run("campaign", "list")
    assert ran.code == ExitCode.BAD_INPUT
    assert ran.err == f"{file}: log_level: expected one of debug, info, warning, error\n"


def test_a_database_that_is_not_there(
    run: Any, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "postgresql://me:secret@127.0.0.1:1/none"
    monkeypatch.setenv("DIALPLANE_DATABASE_URL", url)
    ran = run("campaign", "list")
    assert ran.code == ExitCode.UNREACHABLE
    assert "does not answer" in ran.err
    assert "secret" not in ran.err
    assert "Traceback" not in ran.err


def test_a_database_of_another_program(run: Any, home: Path) -> None:
    home.mkdir()
    (home / "dialplane.db").write_text("this is no database, but a long enough text " * 100)
    ran = run("leads", "list")
    assert ran.code == ExitCode.UNREACHABLE
    assert "the file is not a database" in ran.err


def test_a_fault_of_ours_is_one_sentence(
    run: Any, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise RuntimeError("the moon is full\nand more")

    monkeypatch.setattr("storage.campaigns.list_all", broken)
    ran = run("campaign", "list")
    assert ran.code == ExitCode.INTERNAL
    assert ran.err == (
        "An internal error (RuntimeError: the moon is full); "
        "run it again with DIALPLANE_TRACE=1 to see where, and please report it\n"
    )
    monkeypatch.setenv("DIALPLANE_TRACE", "1")
    assert "Traceback" in run("campaign", "list").err


def test_the_real_program_ends_with_the_same_codes(program: Any, tmp_path: Path) -> None:
    assert program("--version").out.startswith("dialplane ")
    assert program("campaign", "list").code == ExitCode.NOT_SO
    assert program("nonsense").code == ExitCode.USAGE
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("a: [")
    ran = program("campaign", "validate", wrong)
    assert (ran.code, ran.err) == (ExitCode.BAD_INPUT, "")
    assert ran.out.startswith(f"{wrong}:1:")

"""Secrets come from where the file says, or a sentence says why not; they are never shown."""

from pathlib import Path

import pytest

from dialplan_templates.pbx_file.file import load
from dialplan_templates.pbx_file.secrets import NotGiven, look_up, make_missing

FILE = load("""\
trunks:
  - {name: carrier, host: h, auth: password, user: a, secret: {env: CARRIER}}
phones:
  - {name: ann, secret: {file: secrets/ann}}
""")
TRUNK, PHONE = ("trunks", 0, "secret"), ("phones", 0, "secret")
GOOD = "0123456789abcdef"


def keep(folder: Path, text: str, mode: int = 0o600) -> None:
    path = folder / "secrets/ann"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(mode)


def why(folder: Path, carrier: str = "x") -> list[str]:
    with pytest.raises(NotGiven) as told:
        look_up(FILE, folder, {"CARRIER": carrier})
    return [f"{'.'.join(map(str, f.loc))}: {f.message}" for f in told.value.findings]


def test_they_are_read_from_the_environment_and_from_files(tmp_path: Path) -> None:
    keep(tmp_path, f"{GOOD}\n")
    assert look_up(FILE, tmp_path, {"CARRIER": "x"}) == {TRUNK: "x", PHONE: GOOD}


def test_all_that_are_not_there_are_told(tmp_path: Path) -> None:
    assert why(tmp_path, "") == [
        "trunks.0.secret.env: expected the environment variable CARRIER (got none)",
        "phones.0.secret.file: expected a file 'secrets/ann' (No such file or directory); "
        "--make-secrets makes it",
    ]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601])
def test_a_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    keep(tmp_path, GOOD, mode)
    assert "that its owner alone may read: chmod 600" in why(tmp_path)[0]


@pytest.mark.parametrize(
    "text",
    ["", "hunter2", f"{GOOD}\n\n", f"{GOOD};", f"{GOOD}:", f'{GOOD}"', f"{GOOD}\\", f"{GOOD}${{a}}",
     f" {GOOD}", f"{GOOD}é", "a" * 129, f"{GOOD}\nhunter2"],
)  # fmt: skip
def test_one_that_no_pbx_reads_as_it_is_is_refused_and_not_repeated(
    tmp_path: Path, text: str
) -> None:
    keep(tmp_path, text)
    [told] = why(tmp_path)
    assert "expected a secret of 16 to 128 letters" in told
    assert "hunter2" not in told
    assert GOOD not in told


def test_a_folder_or_a_long_file_is_none(tmp_path: Path) -> None:
    (tmp_path / "secrets/ann").mkdir(parents=True)
    assert "that its owner alone may read" in why(tmp_path)[0]
    (tmp_path / "secrets/ann").rmdir()
    keep(tmp_path, "a" * 2000)
    assert "expected a secret alone" in why(tmp_path)[0]


def test_those_that_are_ours_to_choose_are_made_once(tmp_path: Path) -> None:
    assert make_missing(FILE, tmp_path) == [tmp_path / "secrets/ann"]
    made = look_up(FILE, tmp_path, {"CARRIER": "x"})[PHONE]
    assert len(made) >= 24
    assert (tmp_path / "secrets/ann").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
    assert make_missing(FILE, tmp_path) == []
    assert look_up(FILE, tmp_path, {"CARRIER": "x"})[PHONE] == made

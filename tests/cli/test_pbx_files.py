"""`dialplane pbx files` and `schema`: what they write, tell and refuse. No secret is ever told."""

import json
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from dialplan_templates.stamp import Stamp, stamp_of

SOURCE = """\
trunks:
  - {name: carrier, host: h.example, auth: password, user: a, secret: {env: CARRIER_SECRET}}
phones:
  - {name: ann, secret: {file: secrets/ann}}
"""
SOCKET = """\
event_socket: {domain: d.example, password: {file: secrets/esl}, secret: {file: secrets/us}}
"""
SECRET = "aB3-not-told"
Files = Callable[..., Any]


@pytest.fixture
def files(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Files:
    """Run `pbx files` on the PBX file; no secret of it is in what the command tells."""
    (tmp_path / "pbx.yaml").write_text(SOURCE)
    monkeypatch.setenv("CARRIER_SECRET", SECRET)

    def command(*options: Any) -> Any:
        ran = run("pbx", "files", "pbx.yaml", *options)
        kept = [SECRET, *(p.read_text().strip() for p in (tmp_path / "secrets").glob("*"))]
        assert not [secret for secret in kept if secret in ran.out + ran.err]
        return ran

    return command


def test_without_a_folder_the_file_and_its_secrets_are_checked(files: Files) -> None:
    ran = files("--pbx", "asterisk")
    assert ran.code == 1
    assert "pbx.yaml:4:32: phones[0].secret.file: expected a file 'secrets/ann'" in ran.err
    assert files("--pbx", "asterisk", "--make-secrets").code == 0
    assert files("--pbx", "asterisk").out == "pbx.yaml: OK: pjsip.d/dialplane.conf\n"


def test_files_are_written_for_their_owner_alone(files: Files, tmp_path: Path) -> None:
    ran = files("--pbx", "asterisk", "--out", "etc", "--make-secrets")
    assert ran.lines == [
        "made secrets/ann, a secret", "new etc/pjsip.d/dialplane.conf",
        "1 file new, 0 changed, 0 removed",
    ]  # fmt: skip
    made = tmp_path / "etc/pjsip.d/dialplane.conf"
    assert made.stat().st_mode & 0o777 == 0o600
    assert f"password = {SECRET}\n" in made.read_text()
    assert files("--pbx", "asterisk", "--out", "etc").lines == ["0 files new, 0 changed, 0 removed"]


def test_a_trunk_that_is_wanted_no_more_goes(files: Files, tmp_path: Path) -> None:
    (tmp_path / "pbx.yaml").write_text(SOURCE + SOCKET)
    assert files("--pbx", "freeswitch", "--out", "etc", "--make-secrets").code == 0
    (tmp_path / "pbx.yaml").write_text(f"phones: {SOURCE.partition('phones:')[2]}")
    told = json.loads(files("--pbx", "freeswitch", "--out", "etc", "--json").out)
    assert [(f["file"], f["change"], f["by_hand"]) for f in told["files"]] == [
        ("etc/directory/default/dialplane.xml", "changed", False),
        ("etc/sip_profiles/external/dialplane-carrier.xml", "removed", False),
    ]
    assert (tmp_path / "etc/autoload_configs/event_socket.conf.xml").exists()


def test_a_change_by_hand_stops_everything(files: Files, tmp_path: Path) -> None:
    files("--pbx", "asterisk", "--out", "etc", "--make-secrets")
    made = tmp_path / "etc/pjsip.d/dialplane.conf"
    by_hand = made.read_text().replace("ping", "pong") + "; last night\n"
    made.write_text(by_hand)
    ran = files("--pbx", "asterisk", "--out", "etc")
    assert (ran.code, ran.out) == (3, "")
    assert "Changed by hand, or not of our making: pjsip.d/dialplane.conf in etc" in ran.err
    assert made.read_text() == by_hand
    assert files("--pbx", "asterisk", "--out", "etc", "--anyway").lines[-1] == (
        "kept etc/pjsip.d/dialplane.conf.kept-1, as it was before"
    )
    assert (tmp_path / "etc/pjsip.d/dialplane.conf.kept-1").read_text() == by_hand
    assert stamp_of(made.read_text()) is Stamp.WHOLE


def test_so_does_a_stock_file(files: Files, tmp_path: Path) -> None:
    (tmp_path / "pbx.yaml").write_text(SOURCE + SOCKET)
    stock = tmp_path / "etc/autoload_configs/event_socket.conf.xml"
    stock.parent.mkdir(parents=True)
    stock.write_text("<configuration/>\n")
    ran = files("--pbx", "freeswitch", "--out", "etc", "--make-secrets")
    assert (ran.code, stock.read_text()) == (3, "<configuration/>\n")
    assert not (tmp_path / "etc/directory").exists()


def test_what_is_wrong_with_the_file_is_told_with_its_place(files: Files, tmp_path: Path) -> None:
    (tmp_path / "pbx.yaml").write_text(SOURCE.replace("h.example", "h/x").replace("ann,", "a b,"))
    ran = files("--pbx", "asterisk", "--out", "etc")
    assert ran.code == 1
    assert [line.split(": ")[:2] for line in ran.err.splitlines()] == [
        ["pbx.yaml:2:27", "trunks[0].host"], ["pbx.yaml:4:12", "phones[0].name"],
    ]  # fmt: skip
    assert not (tmp_path / "etc").exists()


def test_what_this_kind_of_pbx_has_not_is_told(files: Files, tmp_path: Path) -> None:
    (tmp_path / "pbx.yaml").write_text(SOURCE + SOCKET)
    ran = files("--pbx", "asterisk")
    assert "pbx.yaml:5:1: event_socket: expected nothing here for asterisk" in ran.err


def test_a_folder_that_cannot_be_written_is_a_sentence(files: Files, tmp_path: Path) -> None:
    files("--pbx", "asterisk", "--make-secrets")
    (tmp_path / "etc").write_text("a file")
    ran = files("--pbx", "asterisk", "--out", "etc")
    assert ran.code == 1
    assert len(ran.err.splitlines()) == 1
    assert ran.err.startswith("etc")


def test_the_schema_is_json(run: Any) -> None:
    schema = json.loads(run("pbx", "schema").out)
    assert schema["title"] == "Dialplane PBX file"
    assert "phones" in schema["properties"]


@pytest.mark.parametrize("kind", ["asterisk", "freeswitch"])
def test_the_example_that_ships_is_right(files: Files, tmp_path: Path, kind: str) -> None:
    shipped = resources.files("cli") / "examples" / "pbx.yaml"
    (tmp_path / "pbx.yaml").write_bytes(shipped.read_bytes())
    assert files("--pbx", kind, "--out", "etc", "--make-secrets").code == 0
    assert files("--pbx", kind).code == 0

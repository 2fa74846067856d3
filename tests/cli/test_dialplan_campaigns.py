"""`dialplane dialplan` on campaign files: what the PBX does with a campaign's calls."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from dialplan_templates.render import CALLS, asterisk_call_files

CAMPAIGNS = Path(str(files("campaigns"))) / "examples"
WITHOUT_FLOW = Path(str(files("cli"))) / "examples/progressive.yaml"
KINDS = ("asterisk", "freeswitch")
NAMES = sorted(path.stem for path in CAMPAIGNS.glob("*.yaml"))


def render(run: Any, file: Path, kind: str, out: Path, *more: str) -> Any:
    return run("dialplan", "render", file, "--pbx", kind, "--out", out, "--no-sounds", *more)


def held(folder: Path) -> dict[str, str]:
    return {str(p.relative_to(folder)): p.read_text() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", NAMES)
def test_a_campaign_of_mode_ivr_is_its_flow_and_what_its_calls_pass_through(
    run: Any, tmp_path: Path, name: str, kind: str
) -> None:
    ran = render(run, CAMPAIGNS / f"{name}.yaml", kind, tmp_path / "campaign", "--json")
    assert (ran.code, ran.err) == (0, "")
    told = json.loads(ran.out)
    assert (told["campaign"], told["flow"]) == (name, name)
    assert render(run, CAMPAIGNS / f"flows/{name}.yaml", kind, tmp_path / "flow").code == 0
    calls = asterisk_call_files() if kind == "asterisk" else {}
    assert held(tmp_path / "campaign") == {**held(tmp_path / "flow"), **calls}
    assert sorted(told["files"]) == sorted(
        str(tmp_path / "campaign" / p) for p in held(tmp_path / "campaign")
    )


def test_one_without_a_flow_is_on_asterisk_what_its_calls_pass_through(
    run: Any, tmp_path: Path
) -> None:
    for _ in range(2):
        ran = render(run, WITHOUT_FLOW, "asterisk", tmp_path)
        assert (ran.code, ran.lines) == (0, [f"made {tmp_path / path}" for path in CALLS])
    assert held(tmp_path) == asterisk_call_files()
    config = ("pbx", "config", "--into", tmp_path / "etc", "--hold", "90")
    assert run(*config).code == 0
    there = tmp_path / "etc/extensions.d/dialplane.conf"
    written = there.read_text()
    assert render(run, WITHOUT_FLOW, "asterisk", tmp_path / "etc").code == 0
    assert there.read_text() == written != asterisk_call_files()[CALLS[0]]
    there.write_text(written + "; mine\n")
    ran = render(run, WITHOUT_FLOW, "asterisk", tmp_path / "etc")
    assert (ran.code, ran.out) == (1, "")
    assert f"{there} is there already, and was changed by hand since it was rendered" in ran.err


def test_one_without_a_flow_needs_nothing_of_a_freeswitch(run: Any, tmp_path: Path) -> None:
    ran = render(run, WITHOUT_FLOW, "freeswitch", tmp_path / "out")
    assert ran.code == 0
    assert ran.out == (
        f"{WITHOUT_FLOW}: nothing to write: Dialplane leads its calls over the event socket, and "
        "they need no dialplan\n"
    )
    assert not (tmp_path / "out").exists()
    ran = run("dialplan", "check", WITHOUT_FLOW, "--pbx", "freeswitch")
    assert (ran.code, ran.out.startswith(f"{WITHOUT_FLOW}: OK: ")) == (0, True)


@pytest.mark.asterisk
@pytest.mark.parametrize("file", [CAMPAIGNS / "survey.yaml", WITHOUT_FLOW], ids=["flow", "none"])
def test_a_real_asterisk_reads_it_as_it_was_written(
    run: Any, asterisk_prefix: Path, file: Path
) -> None:
    ran = run("dialplan", "check", file, "--pbx", "asterisk", "--json")
    assert (ran.code, ran.err) == (0, "")
    told = json.loads(ran.out)
    assert (told["ok"], told["problems"]) == (True, [])
    assert told["lines"] > 40


@pytest.mark.parametrize("what", ["install", "diff"])
def test_without_a_flow_there_is_nothing_to_install_on_freeswitch(
    run: Any, tmp_path: Path, what: str
) -> None:
    ran = run("dialplan", what, WITHOUT_FLOW, "--pbx", "freeswitch", "--into", tmp_path)
    assert (ran.code, ran.out, held(tmp_path)) == (1, "", {})
    assert ran.err.startswith(
        f"{WITHOUT_FLOW}: the campaign 'spring' has no flow, so there is nothing to install: "
    )


def test_what_is_wrong_with_a_campaign_or_its_flow_is_told_at_its_place(
    run: Any, tmp_path: Path
) -> None:
    campaign, flow = tmp_path / "survey.yaml", tmp_path / "flows/survey.yaml"
    flow.parent.mkdir()
    campaign.write_text((CAMPAIGNS / "survey.yaml").read_text().replace("mode: ivr", "mode: vir"))
    flow.write_text((CAMPAIGNS / "flows/survey.yaml").read_text())
    ran = render(run, campaign, "asterisk", tmp_path / "out")
    assert (ran.code, f"{campaign}:7:7: mode: " in ran.err) == (1, True)
    campaign.write_text((CAMPAIGNS / "survey.yaml").read_text())
    flow.write_text(flow.read_text().replace("name: survey", "name: other"))
    ran = render(run, campaign, "asterisk", tmp_path / "out")
    assert ran.code == 1
    assert ran.err.startswith(f"{flow}:")
    assert not (tmp_path / "out").exists()

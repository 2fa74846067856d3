"""Every file that a page's commands name is there by then, for who types them from the top."""

import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app
from tests.docs.page import Page

PAGES = (
    "README.md",
    "README.zh-CN.md",
    "campaigns.md",
    "simulator.md",
    "agents.md",
    "asterisk.md",
    "ivr.md",
)
KINDS = (".yaml", ".csv", ".json")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The files that `dialplane init` makes, as they are named where it was typed."""
    folder = tmp_path_factory.mktemp("typed")
    site = folder / ".dialplane"
    assert CliRunner().invoke(app, ["init", str(site)], prog_name="dialplane").exit_code == 0
    return {str(path.relative_to(folder)) for path in site.rglob("*")}


@pytest.mark.parametrize("name", PAGES)
def test_every_file_of_a_page_is_there_when_it_is_named(
    page: dict[str, Page], made: set[str], name: str
) -> None:
    missing = _missing(page[name], made)

    assert not missing, f"{name}: {', '.join(missing)}"


def test_a_file_that_nobody_has_made_is_found(made: set[str], tmp_path: Path) -> None:
    typed = tmp_path / "page.md"
    typed.write_text(
        "```sh\ncp .dialplane/examples/power.yaml a.yaml\ndialplane campaign plan a.yaml\n"
        "dialplane campaign apply b.yaml\ndialplane campaign schema > c.json\ncp d.csv e.csv\n```\n"
    )

    assert _missing(Page(typed), made) == ["b.yaml", "d.csv"]


def _missing(page: Page, made: set[str]) -> list[str]:
    there, missing = {*made, *page.saved()}, list[str]()
    for line in "\n".join(page.blocks("sh")).splitlines():
        words = shlex.split(line, comments=True)
        copied = words.pop() if words[:1] == ["cp"] else ""
        written = words[words.index(">") + 1 :] if ">" in words else []
        named = [w for w in words if w.endswith(KINDS) and w not in written]
        missing += [word for word in named if word not in there]
        there.update(written, [Path(named[0]).name if copied == "." else copied] if copied else [])
    return missing

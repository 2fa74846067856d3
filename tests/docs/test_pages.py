"""Links lead somewhere; examples are right; tables say what the code does."""

import re
import tomllib
from pathlib import Path

from campaigns.outcomes import Outcome
from campaigns.retry import DEFAULTS
from campaigns.spec.file import load
from tests.docs.page import Page
from workers.settings import Settings
from workers.settings_file import VARIABLES, load_settings

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # the one of the standard's own example
UNITS = {"d": 86400, "h": 3600, "min": 60}


def test_every_relative_link_leads_somewhere(pages: list[Page]) -> None:
    links = [(page, target) for page in pages for target in LINK.findall(page.prose)]
    wrong = [f"{page.path.name}: {target}" for page, target in links if not _leads(page, target)]

    assert links
    assert not wrong, "\n".join(wrong)


def test_every_campaign_in_a_page_is_valid(pages: list[Page]) -> None:
    examples = [
        (page.path.name, block)
        for page in pages
        for block in page.blocks("yaml")
        if block.startswith("name:")
    ]

    assert examples
    for name, block in examples:
        load(block.encode(), name)


def test_every_settings_example_is_valid(pages: list[Page], tmp_path: Path) -> None:
    blocks = [block for page in pages for block in page.blocks("toml")]

    assert blocks
    for block in blocks:
        (tmp_path / "dialplane.toml").write_text(block.replace("whsec_...", SECRET))
        load_settings(tmp_path, {})
        assert tomllib.loads(block)


def test_the_settings_are_all_in_the_operations_page(page: dict[str, Page]) -> None:
    text = page["operations.md"].text

    assert [variable for variable in VARIABLES if f"`{variable}`" not in text] == []
    missing = [
        key for key in Settings.model_fields if f"`{key}`" not in text and f"`[{key}]`" not in text
    ]
    assert missing == ["home"]


def test_the_retry_table_is_the_built_in_one(page: dict[str, Page]) -> None:
    text = page["campaigns.md"].text

    for outcome, rule in DEFAULTS.items():
        row = re.search(rf"^\| {outcome} \|([^|]*)\|([^|]*)\|([^|]*)\|$", text, re.MULTILINE)
        assert row, f"{outcome} has no row in docs/campaigns.md"
        tries, delay, growth = (cell.strip() for cell in row.groups())
        assert (0 if tries == "none" else int(tries)) == rule.attempts
        if rule.attempts:
            assert _seconds(delay) == rule.delay
            assert float(growth or 1) == rule.growth


def test_the_glossary_has_every_outcome(page: dict[str, Page]) -> None:
    [row] = [line for line in page["glossary.md"].text.splitlines() if "| **outcome**" in line]

    assert [o.value for o in Outcome if o.value not in row] == []


def _leads(page: Page, target: str) -> bool:
    if target.startswith(("https://", "http://")):
        return True
    name, _, anchor = target.partition("#")
    path = (page.path.parent / name).resolve() if name else page.path
    if not path.exists():
        return False
    return not anchor or anchor in _anchors(path)


def _anchors(path: Path) -> set[str]:
    """A heading's anchor: small letters, no punctuation, dashes for spaces."""
    heads = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def _seconds(text: str) -> float:
    number, unit = text.replace("day", "d").split()
    return float(number) * UNITS[unit]

"""Links lead somewhere; examples are right; tables say what the code does."""

import re
import tomllib
from pathlib import Path

from pydantic import TypeAdapter

import campaigns.outcomes
from campaigns.flow.file import load as load_flow
from campaigns.flow.flow import FLOW
from campaigns.flow.picture import mermaid, picture_of
from campaigns.flow.scene import Ended
from campaigns.flow.steps import KINDS, OneStep
from campaigns.outcomes import Outcome
from campaigns.retry import DEFAULTS
from campaigns.spec.document import plain, read
from campaigns.spec.file import load
from dialplan_templates.pbx_file.checks import Kind
from dialplan_templates.pbx_file.file import load as load_pbx
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
        if block.startswith("name:") and (page.path.name != "ivr.md" or _is_campaign(block))
    ]

    assert examples
    for name, block in examples:
        load(block.encode(), name)


def _is_campaign(block: str) -> bool:
    return "\nmode:" in block


def test_every_flow_and_step_of_the_page_on_flows_is_valid(page: dict[str, Page]) -> None:
    saved = page["ivr.md"].saved()
    blocks = [b for b in page["ivr.md"].blocks("yaml") if not _is_campaign(b)]
    blocks.remove(saved["pbx.yaml"])
    whole = [load_flow(block) for block in blocks if block.startswith("name:")]
    parts = [plain(read(block, "f", FLOW)) for block in blocks if block.startswith("steps:")]

    assert len(whole) + len(parts) == len(blocks)
    assert f"```mermaid\n{mermaid(picture_of(whole[0]))}\n```" in page["ivr.md"].text
    for part in parts:
        for step in part["steps"].values():
            assert TypeAdapter(OneStep).validate_python(step)


def test_the_pbx_file_of_the_page_on_flows_is_valid(page: dict[str, Page]) -> None:
    assert load_pbx(page["ivr.md"].saved()["pbx.yaml"], kind=Kind.ASTERISK).trunks


def test_the_page_on_flows_has_every_kind_end_and_example(page: dict[str, Page]) -> None:
    text = page["ivr.md"].text

    assert [kind for kind in KINDS if f"| `{kind}` |" not in text] == []
    assert [end for end in Ended if f"`{end}`" not in text] == []
    examples = Path(campaigns.outcomes.__file__).parent / "examples" / "flows"
    assert [e.name for e in examples.glob("*.yaml") if f"| `{e.name}` |" not in text] == []


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

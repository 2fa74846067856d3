"""docs/reference/ says what the program does."""

import json
from pathlib import Path

import pytest

from campaigns.flow.steps import KINDS
from campaigns.outcomes import Outcome
from campaigns.spec.types import Part
from cli.main import COMMANDS
from cli.reference import main, pages
from dialplan_templates.pbx_file.pbx import PbxFile
from dialplan_templates.pbx_file.words import PbxPart

COMMITTED = Path(__file__).parents[2] / "docs" / "reference"


@pytest.mark.parametrize(
    "name", ["cli.md", "campaign.md", "flow.md", "pbx.md", "crm.md", "filter.md", "openapi.json"]
)
def test_the_committed_pages_are_up_to_date(name: str) -> None:
    made = pages()[name]
    assert (COMMITTED / name).read_text(encoding="utf-8") == made, (
        "run: python -m cli.reference docs/reference"
    )


def test_the_committed_document_of_the_api_tells_of_what_there_is() -> None:
    """How FastAPI writes it down changes with its version; what there is does not."""
    committed = json.loads((COMMITTED / "openapi.json").read_text(encoding="utf-8"))
    made = json.loads(pages()["openapi.json"])
    for kept, now in ((committed, made), (made, committed)):
        for path, told in kept["paths"].items():
            assert set(told) == set(now["paths"][path])
        assert set(kept["components"]["schemas"]) == set(now["components"]["schemas"])
    of = committed["components"]["schemas"]["CustomerForm"]["properties"]
    assert of == made["components"]["schemas"]["CustomerForm"]["properties"]


def test_the_pages_are_whole() -> None:
    cli, campaign = pages()["cli.md"], pages()["campaign.md"]
    assert all(f"## dialplane {name}" in cli for name in COMMANDS)
    for model in Part.__subclasses__():
        for name, field in model.model_fields.items():
            assert f"| `{field.alias or name}` |" in campaign
    assert all(f"| `{outcome.value}` |" in campaign for outcome in Outcome)


def test_the_page_on_flows_is_whole() -> None:
    page = pages()["flow.md"]
    for key, kind in KINDS.items():
        section = page.partition(f"\n## {kind.__name__}\n")[2].partition("\n## ")[0]
        assert section.split("| `")[1].startswith(f"{key}`")  # the key that tells the kind is first
        assert all(f"| `{f.alias or name}` |" in section for name, f in kind.model_fields.items())


def test_the_page_on_pbx_files_is_whole() -> None:
    page = pages()["pbx.md"]
    for part in PbxPart.__subclasses__():
        heading = "The file" if part is PbxFile else part.__name__
        section = page.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
        assert all(f"| `{name}` |" in section for name in part.model_fields)


def test_the_pages_are_written_where_they_are_wanted(tmp_path: Path) -> None:
    main(str(tmp_path / "new"))
    made = sorted(p.name for p in (tmp_path / "new").iterdir())
    assert made == sorted(pages())

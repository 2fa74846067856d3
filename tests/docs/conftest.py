"""The pages of the project."""

from pathlib import Path

import pytest

from tests.docs.page import Page

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="session")
def pages() -> list[Page]:
    """Every page of the project."""
    return [Page(path) for path in sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])]


@pytest.fixture(scope="session")
def page(pages: list[Page]) -> dict[str, Page]:
    """Pages by their names; of two of one name the one that is not of the reference."""
    return {found.path.name: found for found in reversed(pages)}

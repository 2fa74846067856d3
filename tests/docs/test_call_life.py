"""The page on the life of a call is the one that the table makes."""

import pytest

from campaigns.call_life import TABLE
from cli import life_page


def test_the_committed_page_is_up_to_date() -> None:
    committed = life_page.PAGE.read_text(encoding="utf-8")

    assert committed == life_page.updated(committed), "run: python -m cli.life_page"


def test_every_transition_is_on_the_page() -> None:
    made = life_page.generated()

    for (state, happening), to in TABLE.items():
        assert f"{state} --> {to}: {happening}" in made
        row = next(line for line in made.splitlines() if line.startswith(f"| {happening} |"))
        assert state in row


def test_a_page_without_its_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="no part between"):
        life_page.updated("# The life of a call\n")

"""The score of the seeded bugs, printed at the end of a run in which they were looked for."""

import pytest

SEEDED = "seeded bug"
"""The property of a test that looks for one: whether it was found."""


def score(reporter: pytest.TerminalReporter) -> str:
    """A sentence; empty where no bug was looked for."""
    reports = [*reporter.getreports("passed"), *reporter.getreports("failed")]
    told = [value for report in reports for name, value in report.user_properties if name == SEEDED]
    return f"seeded bugs: {sum(map(bool, told))} of {len(told)} found" if told else ""

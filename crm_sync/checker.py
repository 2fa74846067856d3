"""Who can say of numbers whether anybody can be reached there, and the table of those there are.

To add one: a file here with a class that has these methods and an `open_checker`, a line in
`CHECKERS`, and a section of the same name in the settings.
"""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, Protocol

from campaigns.crm.validity import Verdict


class CheckFailed(Exception):
    """A sentence: why nothing was said. It holds no number, no secret and nothing of the answer."""


class Checker(Protocol):
    """Somebody who checks numbers."""

    name: str
    at_most: int  # numbers in one batch

    def check(self, numbers: Sequence[str]) -> Mapping[str, Verdict]:
        """What is said of these E.164 numbers; of those that are not in it, nothing. Raises
        `CheckFailed`."""

    def close(self) -> None:
        """Let go of connections."""


# Section of the settings -> who opens it.
CHECKERS: Mapping[str, str] = {"number_check": "crm_sync.number_check:open_checker"}


def open_checker(section: str, settings: Mapping[str, Any]) -> Checker:
    """The checker for a section of the settings."""
    module, function = CHECKERS[section].split(":")
    checker: Checker = getattr(import_module(module), function)(**settings)
    return checker

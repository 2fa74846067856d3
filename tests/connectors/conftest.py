"""What tests of every connector ask for."""

import pytest

from connectors.freeswitch import login
from tests.contract.watch import Watch


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture(autouse=True)
def _prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mock FreeSWITCH's list of channels is never late."""
    monkeypatch.setattr(login, "LISTING_LAG", 0.01)

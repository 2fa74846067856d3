"""Running the model: so many examples of a seed, until something does not hold."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil
from unittest.mock import patch

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from storms.model.bugs import SEED
from storms.model.machine import Broken, Machine
from storms.model.site import Site, open_site
from storms.model.time import in_model_time

STEPS = 50
ROUND = 10
"""Examples of one seed. The first ten that Hypothesis makes are each other than the others; from
then on five of six only repeat a part of the one before."""
EXAMPLES = 20
"""Of the fast lane."""


@dataclass(frozen=True, slots=True)
class Hunt:
    """`why` is empty where everything held, in all `examples`; else in the last of them."""

    examples: int
    why: str

    @property
    def found(self) -> bool:
        return bool(self.why)


def hunt(examples: int, seed_of: int = SEED, database_url: str = "") -> Hunt:
    """At most about so many examples. The same seed, the same examples."""
    tried = 0
    with _quiet(), _drawn_alike(), open_site(database_url) as site, in_model_time(site.time):
        for turn in range(ceil(examples / ROUND)):
            came = _round(site, 1000 * seed_of + turn)
            tried += came.examples
            if came.found:
                return Hunt(tried, came.why)
    return Hunt(tried, "")


def _round(site: Site, seed_of: int) -> Hunt:
    tried: list[Machine] = []

    class Tried(Machine):
        def __init__(self) -> None:
            super().__init__()
            tried.append(self)

    Tried.site = site
    seed(seed_of)(Tried)
    try:
        run_state_machine_as_test(Tried, settings=_SETTINGS, _min_steps=STEPS)
    except (Broken, Exception) as broken:  # noqa: BLE001 - whatever it is, it was found
        first = next((n for n, machine in enumerate(tried, 1) if machine.found), len(tried))
        said = tried[first - 1].found or [f"{type(broken).__name__}: {broken}"]
        return Hunt(first, said[0])
    return Hunt(len(tried), "")


_SETTINGS = settings(
    max_examples=ROUND,
    stateful_step_count=STEPS,
    phases=[Phase.generate],
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    print_blob=False,
    report_multiple_bugs=False,  # the first one found is enough: no example is made after it
)


@contextmanager
def _drawn_alike() -> Iterator[None]:
    """Now and then Hypothesis takes what it draws from the constants in our own source, of all that
    is loaded: a seed's examples would be others in the tests than by themselves, and reading it
    takes seconds."""
    provider = "hypothesis.internal.conjecture.providers.HypothesisProvider"
    with patch(f"{provider}._maybe_draw_constant", lambda *_, **__: None, create=True):
        yield


@contextmanager
def _quiet() -> Iterator[None]:
    """What breaks is meant to: nobody reads of it."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)

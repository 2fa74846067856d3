"""A hundred thousand hostile values in what is rendered, and what a real Asterisk makes of five
hundred of them."""

from collections.abc import Iterator
from itertools import islice
from random import Random
from typing import Any, TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns.flow.flow import Flow
from dialplan_templates.flows import path_of
from dialplan_templates.lines import contexts_of, differences
from dialplan_templates.pbx_file.checks import Kind
from lab.asterisk import AsteriskNode
from lab.dialplan import loaded
from tests.dialplan_templates import (
    test_flows,
    test_freeswitch_flows,
    test_own_files,
    test_trunks,
)
from tests.dialplan_templates.flow_files import flow
from tests.dialplan_templates.hostile import with_value
from tests.dialplan_templates.test_flows import PLACES, TEXTS, VARIABLE, rendered
from tests.dialplan_templates.test_writer import MEANT

LOADED = 500
MANY = settings(
    max_examples=34_000, deadline=None, database=None, suppress_health_check=[*HealthCheck]
)
OF_PBX = [(kind, at) for kind in Kind for at in test_trunks.textual(kind)]
SECRETS = [(kind, at) for kind in Kind for at in test_trunks.SECRETS[kind]]
Place: TypeAlias = tuple[str, Any]
LETTERS = MEANT + "abnSx01-_ .,@:?!=#/üß中"
TRICKS = (
    "a\n same => n,System(id)", "${SHELL(id)}", "$[1 + 1]", "a),System(id", "x]\n[evil]", ";--",
    "a,1,System(id)", "a&Local/1@evil", "1)}?x:y", '"', "\\", "\\;", "#include x", "#exec id",
    "=3B",
)  # fmt: skip


@pytest.mark.long
@pytest.mark.timeout(3600)
@MANY
@given(place=st.sampled_from(PLACES), value=TEXTS)
def test_they_add_nothing_to_a_flow_for_asterisk(place: Place, value: str) -> None:
    test_flows.adds_nothing(place, value)


@pytest.mark.long
@pytest.mark.timeout(3600)
@MANY
@given(place=st.sampled_from(test_freeswitch_flows.PLACES), value=test_freeswitch_flows.HOSTILE)
def test_nor_to_one_for_freeswitch(place: Place, value: str) -> None:
    test_freeswitch_flows.adds_nothing(place, value)


@pytest.mark.long
@pytest.mark.timeout(3600)
@MANY
@given(at=st.sampled_from(OF_PBX), value=test_trunks.HOSTILE)
def test_nor_to_the_files_of_trunks_and_phones(at: tuple[Kind, Any], value: str) -> None:
    test_trunks.changes_nothing_else(*at, value)


@pytest.mark.long
@pytest.mark.timeout(3600)
@MANY
@given(place=st.sampled_from(test_own_files.PLACES), value=test_trunks.HOSTILE)
def test_nor_to_the_users_that_dialplane_logs_in_as(place: Any, value: str) -> None:
    test_own_files.changes_nothing_else(place, value)


@pytest.mark.long
@pytest.mark.timeout(3600)
@MANY
@given(secret=st.sampled_from(SECRETS), value=test_trunks.HOSTILE)
def test_nor_does_a_secret(secret: tuple[Kind, Any], value: str) -> None:
    test_trunks.is_refused_or_a_secret(*secret, value)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_five_hundred_of_them_are_to_a_real_asterisk_what_they_are_to_us(
    asterisk: AsteriskNode,
) -> None:
    """Those that are not refused: each line of each flow is read as it was written."""
    flows = list(islice(_hostile_flows(Random(500)), LOADED))
    asterisk.write({path_of(it.name): rendered(it) for it in flows})
    asterisk.cli("dialplan reload")
    written = contexts_of(map(rendered, flows))
    assert len(written) == 2 * LOADED
    assert list(differences(written, loaded(asterisk, written))) == []


def _hostile_flows(chance: Random) -> Iterator[Flow]:
    """Flows that can be rendered though they hold a hostile value, each under a name of its own."""
    nth = 0
    while True:
        name, at = chance.choice(PLACES)
        value = _text(chance)
        if VARIABLE.search(value) or at == ("name",):
            continue
        try:
            made = with_value(flow(name), at, value).model_copy(update={"name": f"hostile{nth}"})
            rendered(made)
        except (ValueError, TypeError, LookupError, AttributeError):
            continue
        nth += 1
        yield made


def _text(chance: Random) -> str:
    if chance.random() < 0.5:
        return chance.choice(TRICKS)
    return "".join(chance.choices(LETTERS, k=chance.randint(1, 20)))

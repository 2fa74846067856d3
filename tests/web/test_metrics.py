"""What is exported, from the snapshot of a real shift."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from campaigns.orders import CampaignState
from connectors.fake.presets import preset
from storage import receivers
from storage.pulls import Progress
from storage.standings import Standing
from web.families import FAMILIES
from web.metrics import registry_of
from workers.bench.core import campaign
from workers.lateness import Lateness
from workers.measures import Lag, Measures
from workers.overview import Overview
from workers.queues_seen import QueueSeen
from workers.shift import Shift

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


class Fixed:
    """A lookout that sees the same each time."""

    def __init__(self, seen: Overview) -> None:
        self._seen = seen

    def look(self) -> Overview:
        return self._seen


@pytest.fixture(scope="module")
def seen() -> Overview:
    """A site whose one campaign has been dialled for a while."""
    shift = Shift(campaign("predictive", 10), preset("default"), 10, 1, START)
    shift.run(0.1)
    shot = shift.dialler.snapshot(shift.now)
    idle = {"actual": 0.2, "predicted": 0.25}
    inbound = {"waiting": 2, "longest_wait": 4.5}
    told = {
        **Measures(Lag(), Lateness()).told(shot["agents"], shift.now),
        "idle": idle,
        "unwritten": 3,
        "write_lag": 0.1,
    }
    return Overview(
        campaigns=(
            Standing("bench", CampaignState.RUNNING, CampaignState.RUNNING, "w1", 0.4),
            Standing("draft", CampaignState.DRAFT, CampaignState.DRAFT, "", None),
        ),
        unsent=7,
        oldest=12.5,
        receivers=(
            receivers.Standing("erp", "open", START, 5, 2, 60.0, 41, START, "answered 503"),
            receivers.Standing("webhook", "closed", None, 0, 0, 0.0, 9, START, ""),
        ),
        pulled=(Progress("erp", "", "", None, START, START, 7, 3, "answered 503", START),),
        behind=1.5,
        live={"bench": {**shot, "measures": told, "inbound": inbound, "trouble": []}},
        queues=(QueueSeen("dial", 1, 0.2, 2),),
        swept=True,
        broken={"a number is on one call at a time": 2},
        checked_at=1.8e9,
    )


def exported(seen: Overview) -> dict[str, Any]:
    lookout: Any = Fixed(seen)
    text = generate_latest(registry_of(lookout)).decode()
    return {f.name: f.samples for f in text_string_to_metric_families(text)}


def test_every_family_is_exported_with_a_figure(seen: Overview) -> None:
    found = exported(seen)
    assert set(found) == {family.name for family in FAMILIES}
    assert [name for name, samples in found.items() if not samples] == []


def test_each_receiver_and_each_crm_has_its_figures(seen: Overview) -> None:
    found = exported(seen)

    def of(name: str) -> dict[tuple[str, ...], float]:
        return {tuple(sample.labels.values()): sample.value for sample in found[name]}

    waiting = {("erp", "waiting"): 5, ("erp", "given up"): 2}
    assert waiting.items() <= of("dialplane_receiver_messages").items()
    assert of("dialplane_receiver_left_alone") == {("erp",): 1, ("webhook",): 0}
    assert of("dialplane_receiver_arrived") == {("erp",): 41, ("webhook",): 9}
    assert of("dialplane_pull_failures") == {("erp",): 3}
    assert of("dialplane_pull_timestamp_seconds") == {("erp",): START.timestamp()}


def test_the_figures_are_those_of_the_snapshot(seen: Overview) -> None:
    found, shot = exported(seen), seen.live["bench"]
    calls = {s.labels["state"]: s.value for s in found["dialplane_calls"]}
    assert {k: v for k, v in calls.items() if v} == shot["calls"]
    assert "ended" not in calls
    assert {s.labels["state"]: s.value for s in found["dialplane_agents"]} == shot["agents"]
    [ratio] = found["dialplane_abandonment_ratio"]
    assert ratio.value == shot["period"]["abandonment"]
    kinds = {s.labels["kind"]: s.value for s in found["dialplane_pacing_idle_ratio"]}
    assert kinds == {"actual": 0.2, "predicted": 0.25}
    [left] = found["dialplane_lease_age_seconds"]
    assert (left.labels, left.value) == ({"campaign": "bench"}, 0.4)
    [broken] = found["dialplane_invariants_broken"]
    assert (broken.labels["rule"], broken.value) == ("a number is on one call at a time", 2)


def test_what_does_not_answer_is_not_told_as_zero() -> None:
    found = exported(Overview(database="away", redis="away"))
    told = {name for name, samples in found.items() if samples}
    unchecked = "dialplane_invariants_checked_timestamp_seconds"
    assert told == {"dialplane_part_up", "dialplane_look_seconds", unchecked}
    assert {s.value for s in found["dialplane_part_up"]} == {0.0}


def test_a_worker_of_an_earlier_version_breaks_nothing_else(seen: Overview) -> None:
    """While a site is upgraded, snapshots of both versions are there."""
    old = {k: v for k, v in seen.live["bench"].items() if k not in ("measures", "guard", "nodes")}
    found = exported(Overview(campaigns=seen.campaigns, live={"bench": old}))
    assert found["dialplane_calls"]
    assert not found["dialplane_event_lag_seconds"]


def test_invariants_that_were_never_checked_are_long_unchecked() -> None:
    """An alert on a figure that is not there would never fire."""
    [at] = exported(Overview())["dialplane_invariants_checked_timestamp_seconds"]
    assert at.value == 0


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_names_are_as_prometheus_has_them(family: Any) -> None:
    assert re.fullmatch(r"dialplane_[a-z]+(_[a-z]+)*", family.exported)
    assert (family.kind == "counter") == family.exported.endswith("_total")
    assert family.help.endswith(".")
    measured = re.search(r"_(age|lag|oldest|wait|timestamp|abandonment|idle)(_|$)", family.exported)
    assert not measured or family.exported.endswith(("_seconds", "_ratio"))


def test_no_name_is_taken_twice() -> None:
    assert len({family.exported for family in FAMILIES}) == len(FAMILIES)

"""Metrics of each campaign that is being dialled, as its worker tells them four times a second.

Agents are only counted. What a worker counts (`_total`) begins anew whenever another one takes
the campaign over, as a counter does when its program starts again.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any

from campaigns.call_life import CallState
from campaigns.effects import AgentState
from campaigns.outcomes import Outcome
from web.family import Family, Row, Rows
from workers.overview import Overview

Shot = dict[str, Any]

LIVE_STATES = [state.value for state in CallState if state is not CallState.ENDED]
C = ("campaign",)


def _each(figure: Callable[[Shot], Any]) -> Rows:
    """A figure of each campaign that is being dialled; None: there is none now."""

    def rows(seen: Overview) -> Iterator[Row]:
        for name, shot in seen.live.items():
            with suppress(KeyError):  # its worker is of an earlier version
                if (value := figure(shot)) is not None:
                    yield name, value

    return rows


def _split(parts: Callable[[Shot], dict[str, Any]]) -> Rows:
    """Figures of each campaign that is being dialled, by one more label."""

    def rows(seen: Overview) -> Iterator[Row]:
        for name, shot in seen.live.items():
            with suppress(KeyError):
                yield from ((name, part, n) for part, n in parts(shot).items() if n is not None)

    return rows


def _zeros(names: Iterable[str], told: dict[str, int]) -> dict[str, int]:
    """A figure for every name, so that a line in a graph falls to 0 instead of ending."""
    return {**dict.fromkeys(names, 0), **told}


def _links(shot: Shot) -> dict[str, bool]:
    return {node: node in shot["nodes_up"] for node in shot["nodes"]}


def _inbound(name: str) -> Callable[[Shot], Any]:
    return lambda shot: shot["inbound"][name] if shot["inbound"] else None


LIVE_FAMILIES = (
    Family(
        "dialplane_pbx_link_up",
        "gauge",
        ("campaign", "node"),
        "Whether the campaign's worker is connected to the PBX node.",
        _split(_links),
    ),
    Family(
        "dialplane_calls",
        "gauge",
        ("campaign", "state"),
        "Calls in progress.",
        _split(lambda shot: _zeros(LIVE_STATES, shot["calls"])),
    ),
    Family(
        "dialplane_claims",
        "gauge",
        C,
        "Calls that are ordered, and to which the database has not yet agreed.",
        _each(lambda shot: shot["claiming"]),
    ),
    Family(
        "dialplane_trunk_calls",
        "gauge",
        ("campaign", "trunk"),
        "Channels in use on the trunk.",
        _split(lambda shot: shot["trunks"]),
    ),
    Family(
        "dialplane_agents",
        "gauge",
        ("campaign", "state"),
        "Agents of the campaign.",
        _split(lambda shot: _zeros([s.value for s in AgentState], shot["agents"])),
    ),
    Family(
        "dialplane_inbound_waiting",
        "gauge",
        C,
        "Callers who wait for an agent.",
        _each(_inbound("waiting")),
    ),
    Family(
        "dialplane_inbound_longest_wait_seconds",
        "gauge",
        C,
        "Of the caller who has waited longest.",
        _each(_inbound("longest_wait")),
    ),
    Family(
        "dialplane_hopper_leads",
        "gauge",
        C,
        "Leads in the hopper.",
        _each(lambda shot: shot["hopper"]),
    ),
    Family(
        "dialplane_abandonment_ratio",
        "gauge",
        C,
        "Abandoned and late calls of the limit's period, as a share of its live answers.",
        _each(lambda shot: shot["period"]["abandonment"]),
    ),
    Family(
        "dialplane_abandonment_limit_ratio",
        "gauge",
        C,
        "What that share never exceeds.",
        _each(lambda shot: shot["limit"]),
    ),
    Family(
        "dialplane_guard_room",
        "gauge",
        C,
        "Calls that may be in flight beyond the free agents.",
        _each(lambda shot: shot["guard"]["room"]),
    ),
    Family(
        "dialplane_guard_room_left",
        "gauge",
        C,
        "Places of that room which are not taken; below 0: more calls are than may be.",
        _each(lambda shot: shot["guard"]["left"]),
    ),
    Family(
        "dialplane_pacing_calls",
        "gauge",
        C,
        "Calls that the last pacing decision asked for.",
        _each(lambda shot: shot["pacing"]["calls"]),
    ),
    Family(
        "dialplane_pacing_idle_ratio",
        "gauge",
        ("campaign", "kind"),
        "Share of the agents on duty who wait for a call: actual, and predicted some time ago of "
        "this moment (predictive mode only).",
        _split(lambda shot: shot["measures"]["idle"]),
    ),
    Family(
        "dialplane_attempts",
        "counter",
        ("campaign", "outcome"),
        "Attempts that have ended.",
        _split(lambda shot: _zeros([o.value for o in Outcome], shot["measures"]["ended"])),
    ),
    Family(
        "dialplane_dialled",
        "counter",
        C,
        "Attempts that were begun.",
        _each(lambda shot: shot["dialled"]),
    ),
    Family(
        "dialplane_events",
        "counter",
        C,
        "Events of PBXs that were handled.",
        _each(lambda shot: shot["measures"]["events"]),
    ),
    Family(
        "dialplane_event_lag_seconds",
        "gauge",
        C,
        "From the reading of an event until what it leads to was sent; the worst of the last half "
        "to whole minute.",
        _each(lambda shot: shot["measures"]["event_lag"]),
    ),
    Family(
        "dialplane_loop_lag_seconds",
        "gauge",
        C,
        "How late the dialling loop woke, which an event may have waited unread; the worst of the "
        "last half to whole minute.",
        _each(lambda shot: shot["measures"]["loop_lag"]),
    ),
    Family(
        "dialplane_results_waiting",
        "gauge",
        C,
        "Rows that wait to be written to the database.",
        _each(lambda shot: shot["measures"]["unwritten"]),
    ),
    Family(
        "dialplane_results_lag_seconds",
        "gauge",
        C,
        "For how long rows have waited and none was written.",
        _each(lambda shot: shot["measures"]["write_lag"]),
    ),
)

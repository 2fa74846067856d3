from datetime import timedelta

from connectors.fake.presets import preset
from storms.plan import plan
from workers.shift import Shift
from workers.simulate import MONDAY


def test_of_calls_per_second_that_are_used_up_none_is_given_away() -> None:
    trunks = [{"name": "carrier", "channels": 500, "calls_per_second": 2.5}]
    shift = Shift(plan("rate", trunks=trunks), preset("demo"), 100, 1, MONDAY)
    shift.start()
    shift.go_on(MONDAY + timedelta(seconds=10))
    before = shift.dialler.run.counts["dialled"]
    shift.go_on(MONDAY + timedelta(seconds=34))
    assert shift.dialler.run.counts["dialled"] - before == 60

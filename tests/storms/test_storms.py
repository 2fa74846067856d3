"""The storms' own parts; the storms themselves are `make storm`."""

import json
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
import typer
from typer.testing import CliRunner

import storms.__main__ as program
from connectors.calls import Originate
from connectors.fake.presets import preset
from faults.toxics import Piece
from storage.backup.keys import make_key
from storms.drill import oldest
from storms.events import Final, WildShift
from storms.plan import numbers, plan
from storms.points import POINTS, Point, Watch
from storms.storm import Figure, Order, Storm, StormFailed
from storms.table import STORMS
from storms.truth import Witness
from workers.simulate import MONDAY

NUMBER = "+12015550008"


def storm(name: str, run: Callable[[Order], Figure]) -> Storm:
    return Storm(name, f"what {name} is to reach", 2, 9, run)


def failing(_: Order) -> Figure:
    raise StormFailed("in 60 s never: dialling")


def broken(_: Order) -> Figure:
    raise KeyError("a mistake of the storm's")


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, object]]:
    """Run the program on these storms: its exit code, and what it has written."""

    def run(*loose: Storm, args: tuple[str, ...] = ()) -> tuple[int, object]:
        monkeypatch.setattr(program, "STORMS", loose)
        path = tmp_path / "storm.json"
        app = typer.Typer()
        app.command()(program.main)
        done = CliRunner().invoke(app, ["--write", str(path), *args])
        return done.exit_code, json.loads(path.read_text()) if path.exists() else None

    return run


def test_all_rows_that_hold_are_exit_code_0(told: Callable[..., tuple[int, object]]) -> None:
    good = storm("good", lambda order: Figure(f"{order.count} of {order.count}", True))
    code, rows = told(good, args=("--seed", "7"))
    assert code == 0
    assert rows == [
        {
            "storm": "good",
            "reach": "what good is to reach",
            "figure": "2 of 2 [0 s]",
            "seed": 7,
            "holds": True,
        },
    ]


def test_the_long_form_has_its_own_count(told: Callable[..., tuple[int, object]]) -> None:
    _, rows = told(
        storm("one", lambda order: Figure(f"{order.count} {order.long}", True)), args=("--long",)
    )
    assert isinstance(rows, list)
    assert rows[0]["figure"].startswith("9 True")


@pytest.mark.parametrize("run", [failing, broken, lambda _: Figure("short of it", False)])
def test_one_that_does_not_hold_is_exit_code_1(
    told: Callable[..., tuple[int, object]], run: Callable[[Order], Figure]
) -> None:
    code, rows = told(storm("bad", run), storm("good", lambda _: Figure("", True)))
    assert code == 1
    assert isinstance(rows, list)
    assert [row["holds"] for row in rows] == [False, True]


def test_only_some_and_none_of_that_name(told: Callable[..., tuple[int, object]]) -> None:
    both = [storm(name, lambda _: Figure("", True)) for name in ("one", "two")]
    _, rows = told(*both, args=("--only", "two"))
    assert isinstance(rows, list)
    assert [row["storm"] for row in rows] == ["two"]
    assert told(*both, args=("--only", "three"))[0] == 2


def test_each_row_has_a_name_of_its_own_and_says_what_it_is_to_reach() -> None:
    assert len({one.name for one in STORMS}) == len(STORMS) == 13
    assert all(one.reach and one.short <= one.long for one in STORMS)


def originate() -> Originate:
    return Originate(uuid4(), NUMBER, "carrier", "+12015550100", 30)


def test_a_witness_sees_a_number_dialled_while_it_is_on_a_call() -> None:
    witness = Witness(preset("lab"))
    first = originate()
    witness.command(first, MONDAY)
    assert witness.customers() == {first.call_id}
    witness.command(second := originate(), MONDAY)
    assert [double.call_id for double in witness.doubles] == [second.call_id]


@pytest.mark.parametrize("between", [1, 1000])
def test_and_a_call_that_is_placed_twice(between: int) -> None:
    witness = Witness(preset("lab"))
    witness.command(first := originate(), MONDAY)
    for _ in range(between):
        witness.lose_all()
        witness.command(originate(), MONDAY)
    assert witness.doubles == []
    witness.lose_all()
    witness.command(first, MONDAY)
    assert [double.call_id for double in witness.doubles] == [first.call_id]


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.name)
@pytest.mark.parametrize("protocol", ["ami", "esl"])
def test_a_fault_strikes_once_and_only_after_the_originate(point: Point, protocol: str) -> None:
    struck: list[float] = []
    watch = Watch(point, protocol, struck.append)
    for one in POINTS[2:]:
        watch.seen(Piece(one.way, getattr(one, protocol), 0.0))
    assert not struck
    for one in (*POINTS, *POINTS):
        watch.seen(Piece(one.way, getattr(one, protocol), 0.0))
    assert struck == [point.late]


def test_numbers_end_as_they_are_told_and_are_each_other_than_the_others() -> None:
    made = numbers(10_000, "359")
    assert len(set(made)) == 10_000
    assert {number[-1] for number in made} == set("359")
    assert not any(number[:-3].endswith("5557") for number in made)


def test_a_folder_without_two_segments_was_never_behind(tmp_path: Path) -> None:
    make_key(tmp_path / "key")
    assert oldest(tmp_path, tmp_path / "key") == 0


def test_a_wild_wire_leaves_nothing_behind() -> None:
    shift = WildShift(plan("events"), preset("demo"), seed=3, share=0.2)
    shift.run(0.02)
    assert shift.final() == Final(0, 0, 0, 0, 0, 0)
    assert shift.heard > 100
    assert len(shift.filed) == shift.dialler.run.counts["dialled"] > 20

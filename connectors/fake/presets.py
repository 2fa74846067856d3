"""Worlds by name, and worlds from settings that somebody wrote."""

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from connectors.fake.spread import Spread
from connectors.fake.world import (
    Amd,
    Carrier,
    Customers,
    Keying,
    Phone,
    Segment,
    Step,
    Tide,
    Trunk,
    World,
)

_WORLD = TypeAdapter(World)

PRESETS: dict[str, World] = {
    # what World's own defaults describe, with answer rates that wander as real ones do
    "default": World(tide=Tide(noise=0.08)),
    # short calls and a good list: something happens every second
    "demo": World(
        segments=(Segment(human=0.42, machine=0.12, screening=0.03, ring=Spread(5, 0.5)),),
        carrier=Carrier(post_dial=Spread(0.8, 0.4)),
        customers=Customers(talk=Spread(14, 0.6), message=5),
        phones={},
        other_phone=Phone(pick_up=Spread(0.8, 0.4)),
    ),
    # a small site: one trunk with little room
    "small": World(
        other_trunk=Trunk(channels=30, calls_per_second=5),
        tide=Tide(noise=0.1),
        other_phone=Phone(no_answer=0.02),
    ),
    # a bad day: a tired list, steps in the answer rate, trunks that fill, phones that drop
    "busy": World(
        segments=(Segment(human=0.18, machine=0.2, busy=0.1, congestion=0.04, failed=0.02),),
        tide=Tide(steps=(Step(1, 2, 0.5), Step(2, 3.2, 1.5), Step(4, 5, 0.4)), noise=0.1),
        other_trunk=Trunk(channels=120, calls_per_second=10),
        amd=Amd(human_as_machine=0.05, machine_as_human=0.12, unknown=0.05),
        other_phone=Phone(no_answer=0.03, drops_per_hour=0.2),
    ),
    # test numbers and test phones: `connectors.fake.digits`
    "lab": World(
        trunks={"carrier": Trunk()},
        other_trunk=None,
        customers=Customers(talk=Spread(5, 0), message=1.0),
        keying=Keying(prompt=0.2),
        by_last_digit=True,
    ),
}


def preset(name: str) -> World:
    """The world of that name. Raises ValueError with a sentence that lists the names."""
    world = PRESETS.get(name)
    if world is None:
        raise ValueError(f"there is no world '{name}'; use one of {', '.join(sorted(PRESETS))}")
    return world


def settings_of(world: World) -> dict[str, Any]:
    """Every setting of a world, as plain dicts, lists and figures."""
    settings: dict[str, Any] = _WORLD.dump_python(world, mode="json")
    return settings


def world_from(settings: Mapping[str, Any]) -> World:
    """The world that `settings` describe; what they leave out has its default.

    Raises ValueError with a sentence that names the first wrong setting.
    """
    try:
        return _WORLD.validate_python(dict(settings))
    except ValidationError as errors:
        first = errors.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "the world"
        said = first["msg"].removeprefix("Value error, ")
        raise ValueError(f"{where}: {said[:1].lower()}{said[1:]}") from None

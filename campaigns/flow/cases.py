"""Which case of a branch is so."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from campaigns.flow.branch import AnyCase, HasTag, IfValue, IsOpen, IsParty
from campaigns.flow.reading import NUMBER
from campaigns.flow.scene import Scene
from campaigns.windows import is_open


def is_so(case: AnyCase, scene: Scene, now: datetime) -> bool:
    """Whether the case holds on this call, now."""
    return HOLDS[type(case)](case, scene, now)


def _value(case: IfValue, scene: Scene, _: datetime) -> bool:
    value = scene.values.get(case.if_, "")
    if case.empty is not None:
        return case.empty is not bool(value)
    if case.is_ is not None:
        return value == scene.fill(case.is_)
    if case.in_ is not None:
        return value in map(scene.fill, case.in_)
    return NUMBER.fullmatch(value) is not None and _within(case, float(value))


def _within(case: IfValue, number: float) -> bool:
    above = case.at_least is None or number >= case.at_least
    return above and (case.at_most is None or number <= case.at_most)


def _tag(case: HasTag, scene: Scene, _: datetime) -> bool:
    return case.tag in scene.call.tags


def _open(case: IsOpen, scene: Scene, now: datetime) -> bool:
    return is_open(case.open, scene.call.zones, now)


def _party(case: IsParty, scene: Scene, _: datetime) -> bool:
    return case.party is scene.call.party


HOLDS: dict[type[Any], Callable[[Any, Scene, datetime], bool]] = {
    IfValue: _value,
    HasTag: _tag,
    IsOpen: _open,
    IsParty: _party,
}

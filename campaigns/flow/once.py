"""A step that begins by one thing to do, and goes by what happens then."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from campaigns.flow.doing import Doing
from campaigns.flow.happening import Happening, PromptOver
from campaigns.flow.scene import Act, Move, Scene
from campaigns.flow.ways import Step, Way


class Once:
    """Begins by one thing to do, and goes by what happens then."""

    def __init__(
        self,
        begins: Callable[[Scene, datetime], Move],
        then: Mapping[type[Any], Callable[[Scene, Any, datetime], Move]],
    ) -> None:
        self._begins = begins
        self._then = then

    def begin(self, scene: Scene, now: datetime) -> Move:
        """The call has come to the step."""
        return self._begins(scene, now)

    def handle(self, scene: Scene, happening: Happening, now: datetime) -> Move | None:
        """What the table has for it."""
        then = self._then.get(type(happening))
        return then(scene, happening, now) if then else None


def saying(prompt: str, way: Way, *first: Doing) -> Act:
    """Do the first things and play a prompt; then go that way."""
    return Once(
        lambda scene, now: Move((*first, scene.play(prompt))),
        {PromptOver: lambda scene, it, now: Move(way=way)},
    )


def way_of(step: Step, name: str) -> Way:
    """A way out of the step, by its name."""
    return next(way for way in step.ways() if way.name == name)

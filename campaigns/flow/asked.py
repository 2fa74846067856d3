"""A step that asks, under way: its tries, by the rules of `entry`."""

from datetime import datetime
from enum import Enum, auto

from campaigns.flow.asking import Asks, Survey
from campaigns.flow.collecting import Collect
from campaigns.flow.doing import FileAnswer, Listen
from campaigns.flow.entry import SILENCE, Entry, entry_of
from campaigns.flow.happening import Happening, Pressed, PromptOver, Silence
from campaigns.flow.scene import Move, Scene, later
from campaigns.flow.ways import Way


class _Phase(Enum):
    QUESTION = auto()  # the question is played
    LISTENING = auto()
    SORRY = auto()  # the prompt after wrong keys is played


class Asked:
    """Menu, collect or survey."""

    def __init__(self, step: Asks) -> None:
        self._step = step
        self._left = step.retries
        self._phase = _Phase.QUESTION
        self._entry: Entry = entry_of(step)

    def begin(self, scene: Scene, now: datetime) -> Move:
        """A try begins."""
        self._entry, self._phase = entry_of(self._step), _Phase.QUESTION
        return Move((scene.play(self._step.question, self._step.barge_in),))

    def handle(self, scene: Scene, happening: Happening, now: datetime) -> Move | None:
        """A key, a silence, or the end of a prompt."""
        match self._phase, happening:
            case _Phase.QUESTION, Pressed(key) if self._step.barge_in:
                return self._key(scene, key, now)
            case _Phase.LISTENING, Pressed(key):
                return self._key(scene, key, now)
            case _Phase.QUESTION, PromptOver():
                self._phase = _Phase.LISTENING
                return Move((Listen(later(now, self._step.timeout)),))
            case _Phase.LISTENING, Silence():
                return self._judge(scene, now)
            case _Phase.SORRY, PromptOver():
                return self.begin(scene, now)
        return None

    def _key(self, scene: Scene, key: str, now: datetime) -> Move:
        self._phase = _Phase.LISTENING
        self._entry = self._entry.key(key)
        if self._entry.over:
            return self._judge(scene, now)
        return Move((Listen(later(now, self._step.between), self._entry.pressed),))

    def _judge(self, scene: Scene, now: datetime) -> Move:
        pressed = self._entry.pressed
        way = self._step.chosen(pressed) if pressed != SILENCE else None
        if way is not None:
            return _taken(self._step, way, pressed)
        if self._left == 0:
            no_input, too_many = self._step.given_up()
            return Move(way=too_many if pressed else no_input, pressed=pressed)
        self._left -= 1
        if pressed and self._step.invalid is not None:
            self._phase = _Phase.SORRY
            return Move((scene.play(self._step.invalid),))
        return self.begin(scene, now)


def _taken(step: Asks, way: Way, pressed: str) -> Move:
    if isinstance(step, Survey):
        answer = step.answers[pressed]
        filed = FileAnswer(step.survey, answer)
        return Move((filed,), way, {step.survey: answer}, pressed)
    sets = {step.collect: pressed} if isinstance(step, Collect) else {}
    return Move((), way, sets, pressed)

"""A walk through a flow: it is told what happens on a call, and tells what to do next.

It has no clock, no line and no file: time is an argument, and whoever holds the call does what it
is told. `dialplane flow try` runs it in a terminal. What a PBX does with a rendered flow must come
to the same trail and the same answers.

- `begin` and `handle` give things to do, in their order. Of these the last is waited for, and
  takes the place of what went on before: a `Listen` that follows a prompt means that the prompt
  has ended. Nothing to do means that what goes on goes on.
- A happening that says nothing to what is waited for (`FITS`), such as a late answer, or a key
  during a prompt that keys do not end, changes nothing.
- A call may come to at most `MOST` steps; then it is ended. So every walk comes to an end, even
  where a person goes round a menu for ever.
- How keys are heard is told in `entry`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from campaigns.flow.acts import act_of
from campaigns.flow.doing import BookCallback, Doing, EndCall, FileAnswer, PutOnDnc
from campaigns.flow.fits import FITS
from campaigns.flow.flow import Flow
from campaigns.flow.happening import Happening, HungUp
from campaigns.flow.reaching import SubFlow
from campaigns.flow.reading import RETURN
from campaigns.flow.scene import Act, Call, Ended, Entering, Move, Scene, first_values
from campaigns.flow.trail import ENTER, HIDDEN, Frame, Taken
from campaigns.flow.ways import Way

MOST = 200


@dataclass(slots=True)
class Walk:
    """One call on its way through `flow`; `flows` are those that it calls, by name."""

    flow: Flow
    call: Call = field(default_factory=Call)
    flows: Mapping[str, Flow] = field(default_factory=dict)
    trail: list[Taken] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    opted_out: bool = False
    callback: BookCallback | None = None
    ended: Ended | None = None
    disposition: str = ""
    doing: Doing | None = None  # what is waited for
    _frames: list[Frame] = field(default_factory=list)
    _act: Act | None = None
    _steps: int = 0

    def begin(self, now: datetime) -> tuple[Doing, ...]:
        """The call has been answered."""
        self._push(self.flow, first_values(self.flow.variables, self.call.fields))
        return self._follow(self._arrive(now), now)

    def handle(self, happening: Happening, now: datetime) -> tuple[Doing, ...]:
        """Something has happened."""
        if self.ended is not None or self._act is None:
            return ()
        if isinstance(happening, HungUp):
            return self._follow(Move(ended=Ended.HUNG_UP), now)
        if type(happening) not in FITS[type(self.doing)]:
            return ()
        move = self._act.handle(self._scene, happening, now)
        return () if move is None else self._follow(move, now)

    @property
    def values(self) -> dict[str, str]:
        """The variables of the flow that is under way, or was last; secrets are hidden."""
        frame = self._frames[-1]
        hidden = {name: HIDDEN * len(frame.values.get(name, "")) for name in frame.flow.secrets()}
        return {name: hidden.get(name, value) for name, value in frame.values.items()}

    @property
    def at(self) -> tuple[str, str]:
        """The flow and the step that the call is at."""
        return self._frames[-1].flow.name, self._frames[-1].at

    @property
    def _scene(self) -> Scene:
        frame = self._frames[-1]
        return Scene(frame.flow, self.call, frame.values)

    def _follow(self, move: Move, now: datetime) -> tuple[Doing, ...]:
        """Do what a move says, and go on until there is something to wait for."""
        todo: list[Doing] = []
        while True:
            todo.extend(move.doings)
            self._note(move)
            if move.ended is not None:
                todo.append(self._end(move.ended, move.disposition))
            elif move.enters is not None:
                move = self._enter(move.enters, now)
                continue
            elif move.way is not None:
                move = self._take(move.way, move, now)
                continue
            self.doing = todo[-1]
            return tuple(todo)

    def _note(self, move: Move) -> None:
        self._frames[-1].values.update(move.sets)
        for doing in move.doings:
            if isinstance(doing, FileAnswer):
                self.answers[doing.question] = doing.answer
            elif isinstance(doing, BookCallback):
                self.callback = doing
            elif isinstance(doing, PutOnDnc):
                self.opted_out = True

    def _take(self, way: Way, move: Move, now: datetime) -> Move:
        frame = self._frames[-1]
        self._left(way.name, move.pressed)
        if way.to != RETURN:
            frame.at = way.to
            return self._arrive(now)
        return Move(ended=Ended.RETURNED) if frame.by is None else self._come_back(frame.by)

    def _come_back(self, by: SubFlow) -> Move:
        theirs = self._frames.pop().values
        sets = {name: theirs.get(their, "") for name, their in by.into.items()}
        return Move(way=next(iter(by.ways())), sets=sets)

    def _enter(self, entering: Entering, now: datetime) -> Move:
        self._left(ENTER)
        flow = self.flows[entering.by.flow]
        self._push(flow, entering.values, entering.by)
        return self._arrive(now)

    def _push(self, flow: Flow, values: Mapping[str, str], by: SubFlow | None = None) -> None:
        self._frames.append(Frame(flow, {**flow.variables, **values}, flow.start, by))

    def _arrive(self, now: datetime) -> Move:
        self._steps += 1
        if self._steps > MOST:
            return Move(ended=Ended.TOO_LONG)
        self._act = act_of(self._frames[-1].step)
        return self._act.begin(self._scene, now)

    def _end(self, ended: Ended, disposition: str) -> Doing:
        self.ended, self.disposition = ended, disposition
        if ended is not Ended.RETURNED:
            self._left(ended)
        return EndCall(ended not in {Ended.AGENT, Ended.TRANSFER, Ended.HUNG_UP})

    def _left(self, way: str, pressed: str = "") -> None:
        self.trail.append(self._frames[-1].left(way, pressed))

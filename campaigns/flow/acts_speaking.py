"""Steps that speak or listen, under way."""

from datetime import datetime

from campaigns.flow import doing as do
from campaigns.flow import happening as on
from campaigns.flow.once import Once, saying, way_of
from campaigns.flow.scene import Act, Ended, Move, Scene, later
from campaigns.flow.speaking import WHEN_FREE, Callback, OptOut, Play, Record, Voicemail
from connectors.calls import Party


def play(step: Play) -> Act:
    """Plays its prompt."""
    return saying(step.play, way_of(step, "next"))


def opt_out(step: OptOut) -> Act:
    """Forbids further calls, then confirms it."""
    return saying(step.opt_out, way_of(step, "next"), do.PutOnDnc())


def callback(step: Callback) -> Act:
    """Books the call, then confirms it."""
    way = way_of(step, "next")

    def begin(scene: Scene, now: datetime) -> Move:
        booked = _booked(step, scene)
        if step.prompt is None:
            return Move((booked,), way)
        return Move((booked, scene.play(step.prompt)))

    return Once(begin, {on.PromptOver: lambda scene, it, now: Move(way=way)})


def record(step: Record) -> Act:
    """Plays its prompt, then records."""
    way = way_of(step, "next")

    def start(scene: Scene, it: object, now: datetime) -> Move:
        return Move((do.StartRecording(step.beep, step.silence, later(now, step.max)),))

    def begin(scene: Scene, now: datetime) -> Move:
        return start(scene, None, now) if step.prompt is None else Move((scene.play(step.prompt),))

    def over(scene: Scene, it: on.RecordingOver, now: datetime) -> Move:
        return Move(way=way, sets={step.record: it.name})

    return Once(begin, {on.PromptOver: start, on.RecordingOver: over})


def voicemail(step: Voicemail) -> Act:
    """Waits for the beep, then leaves the message; of anybody but a machine it lets go."""
    end = Move(ended=Ended.VOICEMAIL)

    def begin(scene: Scene, now: datetime) -> Move:
        machine = scene.call.party is Party.MACHINE
        return Move((do.AwaitBeep(later(now, step.wait)),)) if machine else end

    def leave(scene: Scene, it: object, now: datetime) -> Move:
        return Move((scene.play(step.voicemail),))

    def left(scene: Scene, it: object, now: datetime) -> Move:
        return end

    return Once(begin, {on.BeepHeard: leave, on.Silence: leave, on.PromptOver: left})


def _booked(step: Callback, scene: Scene) -> do.BookCallback:
    if isinstance(step.callback, float):
        return do.BookCallback(after=step.callback)
    if step.callback == WHEN_FREE:
        return do.BookCallback(when_free=True)
    digits = scene.fill(step.callback)
    return do.BookCallback(time=f"{digits[:2]}:{digits[2:]}")

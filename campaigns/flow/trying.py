"""A walk without a phone: what would happen is written down before, or asked for as it goes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from campaigns.flow import doing as do
from campaigns.flow import happening as on
from campaigns.flow.doing import Doing
from campaigns.flow.happening import Happening
from campaigns.flow.walk import Walk


@dataclass(slots=True)
class Script:
    """What happens on the call.

    `entry` gives what is pressed each time that the flow listens anew: keys, nothing for silence,
    None for somebody who hangs up. Keys after the end of an entry are lost, as on a call.
    `webhooks` are the answers of endpoints by name, None for one that is down; one that is not
    there answers without a field. Time passes only where something is waited for in vain.
    """

    entry: Callable[[], str | None]
    webhooks: Mapping[str, Mapping[str, str] | None] = field(default_factory=dict)
    agents: bool = True  # one is free
    answer: bool = True  # the number of a transfer is answered
    _keys: str = ""

    def after(self, doing: Doing, now: datetime) -> tuple[Happening, datetime]:
        """What comes of a thing to do that is waited for, and when."""
        if isinstance(doing, do.Listen):
            return self._heard(doing, now)
        if isinstance(doing, do.FindAgent | do.CallNumber):
            return self._reached(doing, now)
        if isinstance(doing, do.AskWebhook):
            answer = self.webhooks.get(doing.endpoint, {})
            return on.WebhookFailed() if answer is None else on.WebhookAnswered({**answer}), now
        return _GOES_WELL[type(doing)], now

    def _reached(
        self, doing: do.FindAgent | do.CallNumber, now: datetime
    ) -> tuple[Happening, datetime]:
        agent = isinstance(doing, do.FindAgent)
        if not (self.agents if agent else self.answer):
            return on.Silence(), doing.until
        return on.AgentFound() if agent else on.TransferTaken(), now

    def _heard(self, doing: do.Listen, now: datetime) -> tuple[Happening, datetime]:
        if not doing.pressed:
            entry = self.entry()
            if entry is None:
                return on.HungUp(), now
            self._keys = entry
        key, self._keys = self._keys[:1], self._keys[1:]
        return (on.Pressed(key), now) if key else (on.Silence(), doing.until)


def go_through(
    walk: Walk, script: Script, now: datetime, saw: Callable[[Doing], None] = lambda _: None
) -> None:
    """Walk to the end. `saw` is told each thing that is done."""
    todo = walk.begin(now)
    while True:
        for doing in todo:
            saw(doing)
        if walk.ended is not None or walk.doing is None:
            return
        happening, now = script.after(walk.doing, now)
        todo = walk.handle(happening, now)


_GOES_WELL: dict[type[Doing], Happening] = {
    do.PlayPrompt: on.PromptOver(),
    do.StartRecording: on.RecordingOver("recording"),
    do.AwaitBeep: on.BeepHeard(),
}

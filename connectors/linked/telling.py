"""What a PBX's listener is told, and in which order after a gap."""

import logging

from connectors.calls import Event, LinkLost
from connectors.pbx import OnEvent

log = logging.getLogger(__name__)


class Teller:
    """Tells the events of the PBX `name`, which it names in the log.

    What is heard between `lost` and `resume` is held back: the calls have to be compared first.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._on_event: OnEvent | None = None
        self._held_back: list[Event] | None = None

    def begin(self, on_event: OnEvent) -> None:
        """From now on there is one who listens."""
        self._on_event, self._held_back = on_event, None

    def stop(self) -> None:
        self._on_event = None

    def tell(self, *events: Event) -> None:
        for event in events:
            if self._held_back is not None:
                self._held_back.append(event)
            elif self._on_event is not None:
                self._give(event, self._on_event)

    def lost(self, loss: LinkLost) -> None:
        self.tell(loss)
        self._held_back = []

    def resume(self) -> list[Event]:
        """Tell again what happens as it happens; what has been held back, for `gaps.in_order`."""
        seen, self._held_back = self._held_back or [], None
        return seen

    def _give(self, event: Event, on_event: OnEvent) -> None:
        try:
            on_event(event)
        except Exception:
            kind = type(event).__name__  # the event itself may hold a number
            about = {"node": self._name}
            log.exception(
                "PBX '%s': an event's receiver failed on %s", self._name, kind, extra=about
            )

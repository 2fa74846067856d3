"""The commands about flows: refused, as flows are not rendered for FreeSWITCH yet."""

from connectors.flows import FlowCommand
from connectors.freeswitch.codec import Action
from connectors.pbx import CommandRefused


def enter(command: FlowCommand, _: object) -> tuple[Action, ...]:
    """Raises `CommandRefused`."""
    raise CommandRefused(
        f"{type(command).__name__} not sent: a FreeSWITCH plays no flows yet; dial campaigns with "
        "a flow over an Asterisk"
    )


answer = say = enter

"""The commands about flows as API commands: what the dialplan of
`dialplan_templates.freeswitch_flows` reads.

Texts go packed, and in pieces where a command of ours would be too long: see `connectors.packed`.
"""

from collections.abc import Iterable, Iterator
from typing import Protocol
from uuid import UUID

from connectors.flows import AnswerFlow, EnterFlow, SayFlow
from connectors.freeswitch.codec import Action
from connectors.packed import in_pieces

ENTER, SET, KEPT = "enter", "flow", "kept"
"""Verbs: into the flow; what is given to it; what it has told before."""
FLOW = "dialplane_flow"
"""The variable that names the flow in which a call is."""
MOST_SET, MOST_CHARACTERS = 50, 1300  # variables, and what they come to, in one command


class Around(Protocol):
    """See `actions.Dialling`."""

    def around(self, trunk: str) -> tuple[str, str]: ...


def enter(command: EnterFlow, dialling: Around) -> tuple[Action, ...]:
    """All that the call brings along, then into the flow."""
    before, behind = dialling.around(command.trunk)
    known = {
        FLOW: "",
        "dialplane_tags": f"={'='.join(command.tags)}=" if command.tags else "",
        "dialplane_zones": "=".join(command.zones),
        "dialplane_party": command.party.value if command.party else "",
        "dialplane_dial": before,
        "dialplane_dial_end": behind,
    }
    given = in_pieces(f"dialplane_with.{command.flow}", command.given, mark="v")
    into = f"uuid_transfer {command.call_id} :call XML dialplane-flow-{command.flow}"
    return (
        *_set(command.call_id, [*known.items(), *given]),
        Action(ENTER, command.call_id, into),
    )


def answer(command: AnswerFlow, _: object) -> tuple[Action, ...]:
    """What the endpoint has answered; the ticket last, as the flow goes on with it."""
    said = "failed" if command.got is None else "answered"
    texts = in_pieces("dialplane_got", command.got or {})
    told = f"uuid_setvar {command.call_id} dialplane_answer {command.ticket}={said}"
    return (*_set(command.call_id, texts), Action(SET, command.call_id, told))


def say(command: SayFlow, _: object) -> tuple[Action, ...]:
    """What the prompt is heard by: a file with its ending, or a URL."""
    is_file = command.sound and "://" not in command.sound
    sound = f"{command.sound}.wav" if is_file else command.sound
    told = f"uuid_setvar {command.call_id} dialplane_said {command.ticket}={sound}"
    return (Action(SET, command.call_id, told),)


def left(call_id: UUID) -> Action:
    """The call is in its flow no more."""
    return Action(SET, call_id, f"uuid_setvar {call_id} {FLOW}")


def read_kept(call_id: UUID) -> Action:
    """Ask what a flow has kept on the call's channel."""
    return Action(KEPT, call_id, f"uuid_dump {call_id} json")


def _set(call_id: UUID, pairs: Iterable[tuple[str, str]]) -> Iterator[Action]:
    """The variables, in as few commands as hold them."""
    held: list[str] = []
    for pair in map("=".join, pairs):
        size = sum(map(len, held)) + len(held) + len(pair)
        if held and (size > MOST_CHARACTERS or len(held) == MOST_SET):
            yield _setting(call_id, held)
            held = []
        held.append(pair)
    if held:
        yield _setting(call_id, held)


def _setting(call_id: UUID, pairs: Iterable[str]) -> Action:
    return Action(SET, call_id, f"uuid_setvar_multi {call_id} {';'.join(pairs)}")

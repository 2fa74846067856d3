"""The commands about flows as AMI actions: what the dialplan of `dialplan_templates.flows` reads.

Texts go packed, and in pieces where a line of AMI would be too long: see `connectors.packed`.
"""

from collections.abc import Iterator, Mapping
from uuid import UUID

from connectors.asterisk.codec import Action
from connectors.flows import AnswerFlow, EnterFlow, SayFlow
from connectors.packed import in_pieces

ENTER, SENT, SAYS, KEPT = "enter", "sent", "says", "kept"
"""Verbs of actions whose answers mean something: into the flow; what is sent to an endpoint; what
a text is to be said with; what a flow has told before."""


def enter(command: EnterFlow, _: object) -> tuple[Action, ...]:
    """All that the call brings along, then into the flow."""
    call_id, flow = command.call_id, command.flow
    known = {
        "DIALPLANE_TAGS": f"={'='.join(command.tags)}=" if command.tags else "",
        "DIALPLANE_ZONES": "=".join(command.zones),
        "DIALPLANE_PARTY": command.party.value if command.party else "",
        "DIALPLANE_TRUNK": command.trunk,
    }
    into = ("Context", f"dialplane-call-{flow}"), ("Exten", "s"), ("Priority", "1")
    return (
        *(_set(call_id, name, value) for name, value in known.items()),
        *_texts(call_id, f"DIALPLANE_WITH.{flow}", command.given, mark="v"),
        (*about("Redirect", ENTER, call_id), *into),
    )


def answer(command: AnswerFlow, _: object) -> tuple[Action, ...]:
    """What the endpoint has answered; the ticket last, as the flow goes on with it."""
    said = "failed" if command.got is None else "answered"
    return (
        *_texts(command.call_id, "DIALPLANE_GOT", command.got or {}),
        _set(command.call_id, "DIALPLANE_ANSWER", f"{command.ticket}={said}"),
    )


def say(command: SayFlow, _: object) -> tuple[Action, ...]:
    """What the prompt is heard by."""
    told = f"{command.ticket}={command.sound}"
    return (_set(command.call_id, "DIALPLANE_SAID", told),)


def read(verb: str, call_id: UUID, variable: str, ticket: str = "") -> Action:
    """Ask what a variable of the call's channel holds."""
    return (*about("Getvar", verb, call_id, ticket), ("Variable", variable))


def about(action: str, verb: str, call_id: UUID, more: str = "") -> Action:
    """The beginning of an action about a call. `more` stands in its id, behind the call's."""
    action_id = f"{verb}:{call_id}:{more}" if more else f"{verb}:{call_id}"
    return (("Action", action), ("ActionID", action_id), ("Channel", str(call_id)))


def _texts(
    call_id: UUID, prefix: str, texts: Mapping[str, str], mark: str = ""
) -> Iterator[Action]:
    for name, piece in in_pieces(prefix, texts, mark):
        yield _set(call_id, name, piece)


def _set(call_id: UUID, name: str, value: str) -> Action:
    return (*about("Setvar", "flow", call_id), ("Variable", name), ("Value", value))

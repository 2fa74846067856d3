"""Dialplane's part in a call that is in a flow: what is told is kept, what is asked answered.

`dialplane` has Dialplane itself say texts; here it is played, also as it never would be.
"""

from collections.abc import Mapping

from campaigns.flow.flow import Flow
from connectors.packed import pack
from lab.ami import Ami, Message
from speech.said import saying
from tests.dialplan_templates.caller import Caller
from tests.dialplan_templates.told import hear


def take(
    session: Ami, caller: Caller, event: Message, flows: Mapping[str, Flow], *, speaks: bool = True
) -> None:
    """A step tells something: it is kept, and Dialplane does its part. `speaks`: also by saying."""
    if event["UserEvent"] != "DialplaneFlow":
        return
    caller.events.append(event)
    hear(caller.told, event, flows)
    if event["What"] == "agent" and caller.agent:
        where = {"Context": "dialplane-caller", "Exten": "wait", "Priority": "1"}
        session.action("Redirect", {"Channel": event["Channel"], **where})
        caller.told.trail.append((event["Flow"], event["Step"], "agent", "agent", ""))
        caller.told.ended = "agent"  # as the dialler knows, whose agent has the call
        session.action("Hangup", {"Channel": event["Channel"]})
    if event["What"] == "say" and caller.gone:
        session.action("Hangup", {"Channel": event["Channel"]})
    elif event["What"] == "say" and speaks and caller.voice is not None:
        _say(session, caller, event, flows[event["Flow"]])
    if event["What"] == "webhook" and caller.webhook is not None:
        for name, text in caller.webhook.items():
            _set(session, event, f"DIALPLANE_GOT.{name}", pack(text))
        _set(session, event, "DIALPLANE_ANSWER", f"{event['Ticket']}=answered")


def _say(session: Ami, caller: Caller, event: Message, flow: Flow) -> None:
    """The text is said without its values."""
    said = saying(flow, event["Prompt"], {})
    assert caller.voice is not None
    caller.voice.made(said)
    ticket = int(event["Ticket"]) - caller.late
    _set(session, event, "DIALPLANE_SAID", f"{ticket}={caller.voice.played(said)}")


def _set(session: Ami, event: Message, name: str, value: str) -> None:
    session.action("Setvar", {"Channel": event["Channel"], "Variable": name, "Value": value})

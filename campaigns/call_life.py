"""The life of a call, as one table.

Theory. A call is moved by *happenings*: events of the PBX, classified by the campaign's rules,
and decisions of ours. `TABLE` says where each legal pair leads; a pair that is not in it is
dropped and counted, never guessed at. Since each row only ever leads forward, a duplicated,
late or reordered event finds no row, and any order of the same events ends in the same state.
Two go back: an agent may be lost on the way, and who goes through a flow may ask for one in vain
and ask again. What a flow tells late is known by its time (`campaigns.asks`).
The diagram in `docs/call-life.md` is made from this table.
"""

from enum import StrEnum


class CallState(StrEnum):
    PLACED = "placed"  # the attempt is committed, the originate is sent
    RINGING = "ringing"
    ANALYSING = "analysing"  # answered; AMD listens
    WAITING = "waiting"  # a person, for whom no agent is there yet
    CONNECTING = "connecting"  # on the way into an agent's bridge
    TALKING = "talking"
    MESSAGE = "message"  # hears a recorded message
    FLOW = "flow"  # goes through the campaign's flow, or that of its lines
    ASKING = "asking"  # waits within the flow for the agent that it has asked for
    ENDING = "ending"  # we hung up; the PBX has not yet said that it is gone
    ENDED = "ended"


class Happening(StrEnum):
    RANG = "rang"
    ANSWERED_TO_AMD = "answered_to_amd"
    ANSWERED_LIVE = "answered_live"  # answered, and the campaign does not use AMD
    TAKEN = "taken"  # classified: an agent is to take it
    MESSAGED = "messaged"  # classified: leave a message
    DROPPED = "dropped"  # classified: hang up
    ASSIGNED = "assigned"
    CONNECTED = "connected"
    FOUND_CONNECTED = "found_connected"  # seen in an agent's bridge after the link was down
    AGENT_LOST = "agent_lost"  # the agent's leg went before the customer was in its bridge
    NOBODY_CAME = "nobody_came"  # no agent in time: safe-harbour message, or hang up
    PLAYED = "played"
    ENTERED = "entered"  # mode ivr: answered, or classified, and sent into the flow; or admitted
    WANTED_AGENT = "wanted_agent"
    NO_AGENT = "no_agent"  # none came in the time of the flow's step: the flow goes on
    ASKS_AGAIN = "asks_again"  # the agent's leg went before the customer was in its bridge
    LEFT_FLOW = "left_flow"
    HUNG_UP = "hung_up"  # by us
    ENDED = "ended"


S, H = CallState, Happening

TABLE: dict[tuple[CallState, Happening], CallState] = {
    (S.PLACED, H.RANG): S.RINGING,
    (S.PLACED, H.ANSWERED_TO_AMD): S.ANALYSING,
    (S.RINGING, H.ANSWERED_TO_AMD): S.ANALYSING,
    (S.PLACED, H.ANSWERED_LIVE): S.WAITING,
    (S.RINGING, H.ANSWERED_LIVE): S.WAITING,
    # a verdict implies the answer, should the two come in the wrong order
    (S.PLACED, H.TAKEN): S.WAITING,
    (S.RINGING, H.TAKEN): S.WAITING,
    (S.ANALYSING, H.TAKEN): S.WAITING,
    (S.PLACED, H.MESSAGED): S.MESSAGE,
    (S.RINGING, H.MESSAGED): S.MESSAGE,
    (S.ANALYSING, H.MESSAGED): S.MESSAGE,
    (S.PLACED, H.DROPPED): S.ENDING,
    (S.RINGING, H.DROPPED): S.ENDING,
    (S.ANALYSING, H.DROPPED): S.ENDING,
    (S.WAITING, H.ASSIGNED): S.CONNECTING,
    (S.WAITING, H.NOBODY_CAME): S.MESSAGE,
    (S.CONNECTING, H.CONNECTED): S.TALKING,
    (S.CONNECTING, H.AGENT_LOST): S.WAITING,
    (S.PLACED, H.FOUND_CONNECTED): S.TALKING,
    (S.RINGING, H.FOUND_CONNECTED): S.TALKING,
    (S.ANALYSING, H.FOUND_CONNECTED): S.TALKING,
    (S.WAITING, H.FOUND_CONNECTED): S.TALKING,
    (S.CONNECTING, H.FOUND_CONNECTED): S.TALKING,
    (S.MESSAGE, H.PLAYED): S.ENDING,
    (S.PLACED, H.ENTERED): S.FLOW,
    (S.RINGING, H.ENTERED): S.FLOW,
    (S.ANALYSING, H.ENTERED): S.FLOW,
    (S.WAITING, H.ENTERED): S.FLOW,  # a call that came in
    (S.FLOW, H.WANTED_AGENT): S.ASKING,
    (S.ASKING, H.NO_AGENT): S.FLOW,
    (S.ASKING, H.ASSIGNED): S.CONNECTING,
    (S.CONNECTING, H.ASKS_AGAIN): S.ASKING,
    (S.FLOW, H.FOUND_CONNECTED): S.TALKING,
    (S.ASKING, H.FOUND_CONNECTED): S.TALKING,
    (S.FLOW, H.LEFT_FLOW): S.ENDING,
    (S.PLACED, H.HUNG_UP): S.ENDING,
    (S.RINGING, H.HUNG_UP): S.ENDING,
    (S.ANALYSING, H.HUNG_UP): S.ENDING,
    (S.WAITING, H.HUNG_UP): S.ENDING,
    (S.CONNECTING, H.HUNG_UP): S.ENDING,
    (S.TALKING, H.HUNG_UP): S.ENDING,
    (S.MESSAGE, H.HUNG_UP): S.ENDING,
    (S.FLOW, H.HUNG_UP): S.ENDING,
    (S.ASKING, H.HUNG_UP): S.ENDING,
    **{(state, H.ENDED): S.ENDED for state in S if state is not S.ENDED},
}

UNANSWERED = frozenset({S.PLACED, S.RINGING})
IN_FLIGHT = frozenset({S.PLACED, S.RINGING, S.ANALYSING, S.WAITING, S.FLOW, S.ASKING})
"""States in which a call may still ask for an agent who is not yet its own."""
IN_FLOW = frozenset({S.FLOW, S.ASKING})

SETUP = 15.0
"""Seconds from the originate until a phone rings, at most. ITU-T E.721 plans with up to 11 s for
19 of 20 international calls."""

LONGEST: dict[CallState, float] = {
    S.PLACED: SETUP + 30.0,  # and the ring time: the PBX itself ends the call long before
    S.RINGING: 30.0,
    S.ANALYSING: 8.0,  # AMD of Asterisk takes 5 s at most by its default
    S.CONNECTING: 5.0,
    S.MESSAGE: 120.0,
    S.FLOW: 4 * 3600.0,  # a transfer is part of it, and people talk for as long as they like
    S.ENDING: 30.0,
}
"""Seconds a call may stay in a state before we stop waiting for the PBX to say more."""


def diagram() -> str:
    """The table as a Mermaid state diagram."""
    edges = [f"    {a} --> {b}: {happening}" for (a, happening), b in TABLE.items()]
    return "\n".join(
        ["stateDiagram-v2", f"    [*] --> {S.PLACED}", *edges, f"    {S.ENDED} --> [*]"]
    )

"""The events that an Asterisk 22 gives for each step of a channel's life, in its order.

Recorded from a 22.10.1 with PJSIP trunks. Where it has no fixed order (OriginateResponse goes out
from another thread), the commonest one is given.
"""

from connectors.fake.wire.ami.board import Board
from connectors.fake.wire.ami.causes import Words
from connectors.fake.wire.ami.channel import NOBODY, RINGING, UP, Channel, Kind, conference
from connectors.fake.wire.ami.codec import Packet

NOTHING: Packet = ()


def born(board: Board, one: Channel) -> None:
    """The channel is there; nothing of it has been heard yet."""
    if one.born:
        return
    account, caller = one.account, one.caller
    rest = one.dial_string
    peer = rest.rpartition("@")[2] if one.kind is Kind.CALL else rest
    board.name(one, peer.partition("/")[0])
    one.account = ""
    one.caller, one.caller_name = (NOBODY, NOBODY) if one.kind is Kind.CALL else (peer, NOBODY)
    board.say("Newchannel", one.headers())
    if account:
        accounted(board, one, account)
    if caller != NOBODY:
        presentation = ("CID-CallingPres", "0 (Presentation Allowed, Not Screened)")
        one.caller = caller
        board.say("NewCallerid", one.headers(), (presentation,))
        one.connected = caller
        board.say("NewConnectedLine", one.headers())
    board.say("DialBegin", one.headers("Dest"), (("DialString", one.dial_string),))


def rings(board: Board, one: Channel) -> None:
    one.state = RINGING
    board.say("Newstate", one.headers())
    board.say("DialState", one.headers("Dest"), (("DialStatus", "RINGING"),))


def answered(board: Board, one: Channel) -> None:
    one.state = UP
    board.say("Newstate", one.headers())
    board.say("DialEnd", one.headers("Dest"), (("DialStatus", "ANSWER"),))
    originated(board, one, "Success", one.name, 4)


def picked_up(board: Board, one: Channel) -> None:
    """We take a call that came in."""
    one.state = UP
    board.say("Newstate", one.headers())


def accounted(board: Board, one: Channel, account: str) -> None:
    before, one.account = one.account, account
    board.say("NewAccountCode", one.headers(), (("OldAccountCode", before),))


def originated(board: Board, one: Channel, response: str, channel: str, reason: int) -> None:
    goal: Packet = (("Context", one.goal.context), ("Exten", one.goal.exten))
    if one.application[0] and not one.goal.context:
        goal = (("Application", one.application[0]), ("Data", one.application[1]))
    asked = (("ActionID", one.action_id),) if one.action_id else NOTHING
    board.say(
        "OriginateResponse",
        asked,
        (("Response", response), ("Channel", channel)),
        goal,
        (("Reason", str(reason)), ("Uniqueid", one.uniqueid)),
        (("CallerIDNum", one.caller), ("CallerIDName", one.caller_name)),
    )


def refused(board: Board, one: Channel) -> None:
    """It could not even be tried: no channel was made."""
    originated(board, one, "Failure", one.asked, 0)
    board.remove(one)


def failed(board: Board, one: Channel, why: Words) -> None:
    """Nobody answered. `why.dial` is empty where our own ring time was over."""
    born(board, one)
    if not why.dial:
        originated(board, one, "Failure", one.asked, 3)
        return hung_up(board, one, why)
    if why.sip:
        code = (("Cause", str(why.cause)), ("TechCause", str(why.sip)))
        board.say("HangupRequest", one.headers(), code)
    board.say("DialEnd", one.headers("Dest"), (("DialStatus", why.dial),))
    hung_up(board, one, why)
    originated(board, one, "Failure", one.asked, 0)
    return None


def released(board: Board, one: Channel, why: Words) -> None:
    """An answered channel ends: at an action, or because its far end has hung up."""
    cause = (("Cause", one.cause or str(why.cause)),)
    if not one.ours:
        board.say("HangupRequest", one.headers(), cause)
    music_stops(board, one)
    left(board, one)
    board.say("SoftHangupRequest", one.headers(), cause)
    hung_up(board, one, why)


def hung_up(board: Board, one: Channel, why: Words) -> None:
    board.remove(one)
    tech = (("TechCause", str(why.sip)),) if why.sip else NOTHING
    words = (("Cause", str(why.cause)), ("Cause-txt", why.text))
    board.say("Hangup", one.headers(), words, tech)


def joined(board: Board, one: Channel) -> None:
    """It is in the conference of its target; an agent's own channel opens it."""
    if one.target is None:
        return
    opens, name = one.kind is Kind.LEG, (("Conference", one.target.hex),)
    if opens:
        board.say("BridgeCreate", conference(one.target, 0))
    one.joined = True
    bridge = conference(one.target, board.members(one.target))
    board.say("BridgeEnter", bridge, one.headers())
    if opens:
        board.say("ConfbridgeStart", name, bridge)
    board.say("ConfbridgeJoin", name, bridge, one.headers(), (("Admin", "No"), ("Muted", "No")))


def left(board: Board, one: Channel) -> None:
    """It leaves the conference that it is in, if it is in one."""
    if one.target is None or not one.joined:
        return
    name, bridge = (
        (("Conference", one.target.hex),),
        conference(one.target, board.members(one.target)),
    )
    board.say("ConfbridgeLeave", name, bridge, one.headers(), (("Admin", "No"),))
    one.joined = False
    bridge = conference(one.target, board.members(one.target))
    board.say("BridgeLeave", bridge, one.headers())
    if one.kind is Kind.LEG:
        board.say("ConfbridgeEnd", name, bridge)
        board.say("BridgeDestroy", bridge)
    one.target = None


def user_event(board: Board, one: Channel, name: str, *fields: tuple[str, str]) -> None:
    board.say("UserEvent", one.headers(), (("UserEvent", name), *fields))


def music_starts(board: Board, one: Channel) -> None:
    one.music = True
    board.say("MusicOnHoldStart", one.headers(), (("Class", "default"),))


def music_stops(board: Board, one: Channel) -> None:
    """Where it hears any."""
    if one.music:
        one.music = False
        board.say("MusicOnHoldStop", one.headers())


def digit(board: Board, one: Channel, key: str) -> None:
    received = ("Direction", "Received")
    board.say("DTMFBegin", one.headers(), (("Digit", key), received))
    board.say("DTMFEnd", one.headers(), (("Digit", key), ("DurationMs", "120"), received))


def spying(board: Board, one: Channel, what: str) -> None:
    """`ChanSpyStart` or `ChanSpyStop` of a channel that listens to its target."""
    target = board.of(one.target) if one.target else None
    spyee = target.headers("Spyee") if target else NOTHING
    board.say(what, one.headers("Spyer"), spyee)

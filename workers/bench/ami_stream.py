"""A stream of AMI events as an Asterisk 22 sends them while Dialplane dials over a PJSIP trunk.

Three calls in four find a busy line; one is answered, heard to be human, put into an agent's
conference and ends there. Steps and headers are those of a server that was listened to, with all
that an AMI user of every class is sent: dialplan steps, variables, the bridge, and the test
events of Debian's builds. The calls overlap; the same seed gives the same bytes.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from uuid import UUID

OVERLAP = 100  # calls at a time
ANSWERED_SHARE = 0.25
SECONDS_APART = 0.0002  # between two messages: 5,000 a second, as 200 calls a second bring
START = 1_795_000_000.0

STATES = {"0": "Down", "5": "Ringing", "6": "Up"}
PRIVILEGES = {"Newexten": "dialplan,all", "VarSet": "dialplan,all", "UserEvent": "user,all"}
CHANNEL = (
    "Channel: PJSIP/carrier-{channel:08x}",
    "ChannelState: {state}",
    "ChannelStateDesc: {words}",
    "CallerIDNum: 12125550199",
    "CallerIDName: <unknown>",
    "ConnectedLineNum: 12125550199",
    "ConnectedLineName: <unknown>",
    "Language: en",
    "AccountCode: dialplane-call",
    "Context: {context}",
    "Exten: {exten}",
    "Priority: 1",
    "Uniqueid: {id}",
    "Linkedid: {id}",
)
BRIDGE = (
    "BridgeUniqueid: {bridge}",
    "BridgeType: base",
    "BridgeTechnology: softmix",
    "BridgeCreator: ConfBridge",
    "BridgeName: {leg}",
    "BridgeNumChannels: 3",
    "BridgeVideoSourceMode: none",
)


@dataclass(frozen=True, slots=True)
class Step:
    """One event. `before` and `after`: its headers around those of the channel."""

    event: str
    after: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    dest: bool = False  # the channel is the one that is dialled
    channel: bool = True  # it tells of a channel
    state: str = ""  # that the channel is in from now on
    context: str = ""


def _exten(application: str, data: str) -> Step:
    return Step("Newexten", ("Extension: s", f"Application: {application}", f"AppData: {data}"))


def _variable(name: str, value: str) -> Step:
    return Step("VarSet", (f"Variable: {name}", f"Value: {value}"))


def _test(state: str, function: str) -> Step:
    where = (f"AppFunction: {function}", "AppLine: 4179", "Port: 19122")
    told = ("Type: StateChange", f"State: {state}", "AppFile: res_rtp_asterisk.c", *where)
    return Step("TestEvent", told, channel=False)


def _originated(response: str, reason: str) -> Step:
    told = ("ActionID: originate:{id}", f"Response: {response}", "Channel: PJSIP/{number}@carrier")
    about = ("Context: dialplane-answered", "Exten: hold", f"Reason: {reason}", "Uniqueid: {id}")
    caller = ("CallerIDNum: 12125550199", "CallerIDName: <unknown>")
    return Step("OriginateResponse", (*told, *about, *caller), channel=False)


DIALLED = (
    Step("Newchannel", state="0", context="from-carrier"),
    _exten("AppDial2", "(Outgoing Line)"),
    Step("NewAccountCode", ("OldAccountCode: ",)),
    Step("NewCallerid", ("CID-CallingPres: 0 (Presentation Allowed, Not Screened)",)),
    Step("NewConnectedLine"),
    _test("RTP_PORT_ALLOCATED", "rtp_allocate_transport"),
    Step("DialBegin", ("DialString: {number}@carrier",), dest=True),
    Step("DialState", ("DialStatus: PROCEEDING",), dest=True),
    Step("Newstate", state="5"),
    Step("DialState", ("DialStatus: RINGING",), dest=True),
)
BUSY = (
    *DIALLED,
    Step("HangupRequest", ("Cause: 17", "TechCause: 486")),
    Step("DialEnd", ("DialStatus: BUSY",), dest=True),
    _originated("Failure", "0"),
    _test("SESSION_DESTROYING", "session_destructor"),
    _test("SESSION_DESTROYED", "session_destructor"),
    Step("Hangup", ("Cause: 17", "Cause-txt: User busy", "TechCause: 486")),
)
ANSWERED = (
    *DIALLED,
    Step("Newstate", state="6"),
    _originated("Success", "4"),
    Step("DialEnd", ("DialStatus: ANSWER",), dest=True, context="dialplane-answered"),
    _exten("UserEvent", "DialplaneAnswered"),
    Step("UserEvent", ("UserEvent: DialplaneAnswered",)),
    _exten("AMD", "2500,1500,800,5000,100,50,3,256,5000"),
    _variable("AMDSTATUS", "HUMAN"),
    _variable("AMDCAUSE", "HUMAN-800-800"),
    _exten("UserEvent", "DialplaneClassified,Status: HUMAN,Cause: HUMAN-800-800"),
    Step("UserEvent", ("UserEvent: DialplaneClassified", "Status: HUMAN", "Cause: HUMAN-800-800")),
    _exten("Goto", "wait,1"),
    Step("Newexten", ("Extension: wait", "Application: Wait", "AppData: 60")),
    Step(
        "Newexten",
        ("Extension: {leg}", "Application: Set", "AppData: LEG={leg}"),
        context="dialplane-connect",
    ),
    _variable("LEG", "{leg}"),
    _exten("GotoIf", "0?gone"),
    _exten("ConfBridge", "{leg},dialplane_bridge,dialplane_customer"),
    _test("CONF_CHANGE_STATE", "conf_change_state"),
    Step("BridgeEnter", before=BRIDGE),
    _variable("BRIDGEPEER", "CBAnn/{leg}-00000000;2,PJSIP/1001-00000000"),
    Step("ConfbridgeJoin", ("Admin: No", "Muted: No"), ("Conference: {leg}", *BRIDGE)),
    Step("ConfbridgeLeave", ("Admin: No",), ("Conference: {leg}", *BRIDGE)),
    _variable("RTPAUDIOQOSRTT", "minrtt=000.000000;maxrtt=000.000000;avgrtt=000.000000;"),
    Step("HangupRequest", ("Cause: 16",)),
    Step("BridgeLeave", before=BRIDGE),
    _variable("BRIDGEPEER", ""),
    Step("SoftHangupRequest", ("Cause: 16",)),
    Step("Hangup", ("Cause: 16", "Cause-txt: Normal Clearing")),
)


@dataclass(frozen=True, slots=True)
class Stream:
    """What the server sends: `data`, in `messages`, about the calls `call_ids`."""

    data: bytes
    messages: int
    call_ids: tuple[UUID, ...]

    @property
    def size(self) -> str:
        """How long a message is on average, in words."""
        lines = self.data.count(b"\r\n") - self.messages
        return f"{len(self.data) // self.messages} bytes, {lines // self.messages} lines"


def generate(least: int, seed: int, only: frozenset[str] | None = None) -> Stream:
    """A stream of at least so many messages. `only`: the events that a filter lets through."""
    chance = Random(f"ami/{seed}")
    ids: list[UUID] = []
    blocks = [*_told(chance, least, only, ids)]
    return Stream(b"".join(blocks), len(blocks), tuple(ids))


def _told(
    chance: Random, least: int, only: frozenset[str] | None, ids: list[UUID]
) -> Iterator[bytes]:
    """The messages, always of one of the calls that are under way."""
    under_way: list[_Call] = []
    count = 0
    while count < least or under_way:
        if count < least and len(under_way) < OVERLAP:
            under_way.append(_Call.drawn(chance, len(ids)))
            ids.append(under_way[-1].id)
        at = chance.randrange(len(under_way))
        step = next(under_way[at].steps, None)
        if step is None:
            under_way.pop(at)
        elif (text := under_way[at].tell(step, START + SECONDS_APART * count)) and (
            only is None or step.event in only
        ):
            count += 1
            yield text


@dataclass(slots=True)
class _Call:
    id: UUID
    steps: Iterator[Step]
    facts: dict[str, object] = field(default_factory=dict)

    @classmethod
    def drawn(cls, chance: Random, number: int) -> "_Call":
        ids = [UUID(int=chance.getrandbits(128), version=4) for _ in range(3)]
        steps = ANSWERED if chance.random() < ANSWERED_SHARE else BUSY
        facts: dict[str, object] = {
            "id": ids[0],
            "leg": ids[1].hex,
            "bridge": ids[2],
            "channel": number,
            "number": 12_000_000_000 + number,
            "exten": "s",
        }
        return cls(ids[0], iter(steps), facts)

    def tell(self, step: Step, at: float) -> bytes:
        if step.state:
            self.facts |= {"state": step.state, "words": STATES[step.state]}
        if step.context:
            self.facts["context"] = step.context
        head = (
            f"Event: {step.event}",
            f"Privilege: {PRIVILEGES.get(step.event, 'call,all')}",
            f"Timestamp: {at:.6f}",
            "SystemName: pbx",
        )
        dest = "Dest" if step.dest else ""
        about = [f"{dest}{line}" for line in CHANNEL if step.channel]
        lines = "\r\n".join((*head, *step.before, *about, *step.after))
        return f"{lines.format_map(self.facts)}\r\n\r\n".encode()

"""The world behind the fake PBX: carriers, the people they reach, and the agents' phones.

The defaults are assumptions, set where published figures on outbound campaigns lie (three in ten
calls answered by a person, 12 s of ringing, two minutes of talk); measure your own and say so in
the PBX's URL. Shares are fractions of all calls unless said otherwise, times are in seconds.
"""

from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from connectors.fake.spread import Closed, Spread

Share = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(ge=0, le=86400)]
Hour = Annotated[float, Field(ge=0, le=10_000)]
Times = Annotated[float, Field(ge=0, le=100)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]


@dataclass(frozen=True, slots=True)
class Segment(Closed):
    """Numbers that answer alike: those that begin with `prefix`. The longest prefix wins.

    Whatever the shares leave over rings until it is cancelled. `invalid` is a share of the
    numbers, and stays with a number; all else is drawn for each call.
    """

    prefix: Annotated[str, Field(pattern=r"^\+[0-9]{0,14}$")] = "+"
    human: Share = 0.30
    machine: Share = 0.10
    screening: Share = 0.0  # robots that ask who is calling
    busy: Share = 0.06
    invalid: Share = 0.04
    rejected: Share = 0.02
    congestion: Share = 0.01
    failed: Share = 0.01
    ring: Spread = Spread(12, 0.5)  # ringing until a person picks up
    machine_ring: Spread = Spread(20, 0.25)  # voicemail: usually after four to five rings

    def __post_init__(self) -> None:
        if self.human + self.others() > 1 + 1e-9:
            raise ValueError(f"the shares of segment '{self.prefix}' add up to more than 1")

    def others(self) -> float:
        """The share of calls that end otherwise than by a person's answer or by ringing on."""
        quick = self.busy + self.rejected + self.congestion + self.failed
        return self.machine + self.screening + self.invalid + quick


@dataclass(frozen=True, slots=True)
class Step(Closed):
    """From hour to hour since the start, people answer `times` as often: abruptly."""

    from_hour: Hour
    to_hour: Hour
    times: Times


@dataclass(frozen=True, slots=True)
class Tide(Closed):
    """How the share of people who answer changes in the course of a shift.

    `curve`: (hour since the start, factor), joined by straight lines. `noise`: the standard
    deviation of the factor's logarithm, wandering with a memory of `noise_memory`.
    """

    curve: tuple[tuple[Hour, Times], ...] = ()
    steps: tuple[Step, ...] = ()
    noise: Share = 0.0
    noise_memory: Annotated[float, Field(ge=10, le=86400)] = 900.0


@dataclass(frozen=True, slots=True)
class Trunk(Closed):
    """What a trunk holds; a call above it ends in CONGESTION. One second's calls may burst."""

    channels: Annotated[int, Field(ge=1, le=100_000)] = 10_000
    calls_per_second: Annotated[float, Field(gt=0, le=10_000)] = 10_000.0


@dataclass(frozen=True, slots=True)
class Carrier(Closed):
    """How fast the network is."""

    latency: Seconds = 0.002  # PBX and control link: from a command to its first effect
    post_dial: Spread = Spread(1.8, 0.5)  # from the originate to the ringing
    busy_after: Spread = Spread(3.0, 0.5)
    fail_after: Spread = Spread(2.0, 0.6)


@dataclass(frozen=True, slots=True)
class Customers(Closed):
    """What those do who pick up."""

    talk: Spread = Spread(120, 0.9)
    patience: Spread = Spread(6, 0.5)  # of silence after the answer, then they hang up
    machine_talk: Spread = Spread(7, 0.4)  # until agent or machine gives up on the other
    machine_patience: Spread = Spread(45, 0.5)  # how long a voicemail records
    hears_message_out: Share = 0.7
    message: Seconds = 8.0  # how long each recorded message takes
    presses: Annotated[str, Field(pattern=r"^[0-9*#A-D]{0,16}$")] = ""  # during a message
    presses_share: Share = 1.0  # of the people who hear one, where `presses` says what
    presses_after: Seconds = 3.0


@dataclass(frozen=True, slots=True)
class Keying(Closed):
    """What people do in a flow. `silent`, `wrong` and `hangs_up` are shares of the times that it
    asks them for keys; the rest press what it takes. Assumptions, all of them.
    """

    prompt: Seconds = 4.0  # how long each prompt takes
    thinks: Spread = Spread(1.8, 0.6)  # from its end to the first key
    between: Spread = Spread(0.5, 0.4)  # two keys
    silent: Share = 0.12
    wrong: Share = 0.05
    hangs_up: Share = 0.06
    speaks: Spread = Spread(8, 0.6)  # into a recording
    patience: Spread = Spread(40, 0.8)  # with the wait for an agent
    taken: Share = 0.8  # of the transfers, by the other number
    beep: Seconds = 6.0  # from a machine's answer to its beep


@dataclass(frozen=True, slots=True)
class Inbound(Closed):
    """Customers who call in: `rate` of them a second, at random, to `line`.

    `patience`: how long they stay on hold. Published figures of call centres lie between one and
    three minutes, with a wide spread (Brown et al. 2005, JASA 100:36-50).
    """

    rate: Annotated[float, Field(ge=0, le=100)] = 0.0
    line: Name = "inbound"
    patience: Spread = Spread(90, 1.0)


@dataclass(frozen=True, slots=True)
class Amd(Closed):
    """Answering machine detection: how long it listens, and how often it is wrong.

    Times as measured with Asterisk's AMD(): about 1.8 s for a person's greeting, 2.4 s for a
    machine's. The errors are assumptions; vendors' claims and field reports differ widely.
    """

    human_delay: Spread = Spread(1.8, 0.3)
    machine_delay: Spread = Spread(2.4, 0.3)
    human_as_machine: Share = 0.03  # of people
    machine_as_human: Share = 0.08  # of machines and robots
    unknown: Share = 0.02  # of all who pick up
    screening_seen: Share = 0.8  # of robots; the rest pass for machines


@dataclass(frozen=True, slots=True)
class Phone(Closed):
    """An agent's or a supervisor's phone."""

    pick_up: Spread = Spread(1.5, 0.4)
    no_answer: Share = 0.0  # of the times it is rung
    busy: bool = False
    drops_per_hour: Annotated[float, Field(ge=0, le=3600)] = 0.0
    stays: Seconds | None = None  # then it hangs up; None: it stays
    pace_cv: Share = 0.12  # agents differ in how long they talk


@dataclass(frozen=True, slots=True)
class Expected(Closed):
    """What to plan with, before the first call."""

    answered_by_human: float
    answered_by_machine: float
    seconds_to_answer: float
    talk_seconds: float


@dataclass(frozen=True, slots=True)
class World(Closed):
    """Everything the fake PBX can reach.

    A trunk or phone that is not named gets the `other_` one; with `None` there it is unknown
    to the PBX, which refuses it. `messages` are those that are recorded; `None`: all are. With
    `by_last_digit` chance is off: numbers and phones themselves say what happens
    (`connectors.fake.digits`).
    """

    segments: Annotated[tuple[Segment, ...], Field(min_length=1)] = (Segment(),)
    tide: Tide = Tide()
    trunks: dict[Name, Trunk] = field(default_factory=dict)
    other_trunk: Trunk | None = Trunk()
    carrier: Carrier = Carrier()
    customers: Customers = Customers()
    keying: Keying = Keying()
    inbound: Inbound = Inbound()
    amd: Amd = Amd()
    phones: dict[Name, Phone] = field(default_factory=dict)
    other_phone: Phone | None = Phone()
    messages: tuple[Name, ...] | None = None
    by_last_digit: bool = False

    def __post_init__(self) -> None:
        prefixes = [part.prefix for part in self.segments]
        if len(set(prefixes)) < len(prefixes):
            raise ValueError("two segments have the same prefix")

    def segment_of(self, number: str) -> Segment | None:
        """The segment of an E.164 number, or None where no prefix fits: it is invalid."""
        fitting = [part for part in self.segments if number.startswith(part.prefix)]
        return max(fitting, key=lambda part: len(part.prefix), default=None)

    def expected(self, number: str = "+") -> Expected:
        """What to expect of calls to `number`'s segment while the tide's factor is 1."""
        segment = self.segment_of(number) or self.segments[0]
        return Expected(
            answered_by_human=segment.human,
            answered_by_machine=segment.machine + segment.screening,
            seconds_to_answer=self.carrier.post_dial.mean + segment.ring.mean,
            talk_seconds=self.customers.talk.mean,
        )

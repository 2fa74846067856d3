"""The hard guard on abandonment: a bound that is proven, not steered towards.

Let p be the law's limit, L the live answers and A the abandoned ones among them in the law's
period. If R calls are in flight beyond the agents who are free for them, then at worst all R are
answered by people and abandoned: A + R of L + R. The rate stays at or below p if and only if

    (A + R) / (L + R) <= p    <=>    R <= (p*L - A) / (1 - p)

so R = floor((p*L - A) / (1 - p)) calls may be in flight beyond the free agents. Any order of the
answers, and any part of them, does better: each connected call raises L alone.

The period (`campaigns.periods`) is the day on which a call was placed, or a block of days from a
first day on (`abandonment.window`). Either way each call counts in exactly one period, whatever
becomes of it later, and the bound above holds in each period by itself at every instant, hence
when it is over, and when the campaign ends before that.

- Days: a limit kept on each day is kept over any union of days, since a weighted mean cannot
  exceed its greatest part: over 30 days, over a calendar month.
- Blocks: 16 CFR 310.4(b)(4)(i) and 47 CFR 64.1200(a)(7) count over the campaign, if that is
  shorter than 30 days, else "separately over each successive 30-day period or portion thereof".
  Blocks of 30 days from the campaign's first are these periods. Blocks of a number of days that
  divides 30 make them up, and the weighted mean does the rest. Blocks of 7 days do not: a 30-day
  period then ends within one, and a part of a block may be above p. So may a single day of it, or
  a calendar month.
- A rolling window has no such property: old good calls fall out of it while nobody dials.
- Several campaigns: where each keeps p in a period, they all keep it together in that period, by
  the same mean. None need know of another.

`campaigns.cover` counts what R is: over several PBX nodes, and over the end of a period.

Flows (mode ivr): every call whose flow has a step `agent` counts in R from the originate until it
is over or has an agent, since it may ask for one at any step. Who asks is live from then on, and
is abandoned if none comes. Who went through the flow as a person, and needed no agent, is answered
live by law (16 CFR 310.4(b)(4)(i): "of all calls answered by a person") and raises L, but only
when the call is over: until then it is in R. So the bound above holds as it stands.

Four things the proof cannot see. An agent who vanishes while calls ring (a phone that dies, not
a break: breaks wait until the calls are covered) is counted in `Tally.agent_lost`. A PBX that
takes longer than the law's time to bridge a customer and an agent who is there is counted in
`Tally.late`. Calls on a PBX whose link is lost ring on, out of our hands. All these count as
abandoned where nobody came in time, and so close the room for further calls. And an agent may file
a conversation as one with a machine (`Tally.correct`): then there were fewer live answers than
the calls in flight were allowed by, and no further call is allowed until they fit again.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache


def room_beyond_agents(limit: float, live: int, abandoned: int) -> int:
    """How many calls may be in flight beyond the free agents; never below 0."""
    p, whole = _share(limit)
    if p >= whole:
        return 1_000_000
    return max(0, (p * live - whole * abandoned) // (whole - p))


@lru_cache(maxsize=64)
def _share(limit: float) -> tuple[int, int]:
    """The limit as a fraction of whole numbers: 3 % is 3/100, not the nearest float."""
    return Fraction(limit).limit_denominator(1_000_000).as_integer_ratio()


@dataclass(slots=True)
class Tally:
    """What a day's calls came to, as the guard needs it.

    `late` calls were connected, but after the time the law allows: they count as abandoned.
    `heard`: people who went through a flow and needed no agent: answered live, none abandoned.
    """

    day: str = ""
    connected: int = 0
    abandoned: int = 0
    late: int = 0
    agent_lost: int = 0  # of the abandoned: their agent vanished
    machines: int = 0  # conversations that were none, as their agents found out; counted nowhere
    heard: int = 0

    @property
    def live(self) -> int:
        return self.connected + self.late + self.abandoned + self.heard

    @property
    def unlawful(self) -> int:
        return self.abandoned + self.late

    @property
    def rate(self) -> float:
        """Abandonment: abandoned / live answers; 0 without any."""
        return self.unlawful / self.live if self.live else 0.0

    def __sub__(self, before: "Tally") -> "Tally":
        """What has come to it since an earlier tally of the same calls."""
        return Tally(
            connected=self.connected - before.connected,
            abandoned=self.abandoned - before.abandoned,
            late=self.late - before.late,
            agent_lost=self.agent_lost - before.agent_lost,
            machines=self.machines - before.machines,
            heard=self.heard - before.heard,
        )

    def count(self, waited: float | None, within: float, *, machine: bool, abandoned: bool) -> None:
        """A call is over. `waited`: seconds until its agent was there, None if none ever was;
        the law allows `within`. `machine`: what its agent has filed it as."""
        if waited is not None and machine:
            self.machines += 1
        elif waited is not None:
            self.late += waited > within
            self.connected += waited <= within
        self.abandoned += abandoned

    def correct(self, late: bool, machine: bool) -> None:
        """An agent files a conversation, which came `late` or in time, as one with a machine, or
        no longer."""
        change = -1 if machine else 1
        self.machines = max(0, self.machines - change)
        if late:
            self.late = max(0, self.late + change)
        else:
            self.connected = max(0, self.connected + change)


def total(tallies: Iterable[Tally]) -> Tally:
    """Several days' calls in one, of no day."""
    whole = Tally()
    for each in tallies:
        whole.connected += each.connected
        whole.abandoned += each.abandoned
        whole.late += each.late
        whole.agent_lost += each.agent_lost
        whole.machines += each.machines
        whole.heard += each.heard
    return whole

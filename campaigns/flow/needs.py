"""What a flow, with all those that it calls, needs of whoever lets calls go through it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from campaigns.flow.acts_reaching import ANY
from campaigns.flow.asking import Survey
from campaigns.flow.flow import Flow
from campaigns.flow.reaching import Agent, Webhook
from campaigns.flow.scene import first_values
from campaigns.flow.ways import Step

S = TypeVar("S", bound=Step)


@dataclass(frozen=True, slots=True)
class Ask:
    """Whom a call asks for: somebody of all these teams, with all these skills."""

    teams: frozenset[str] = frozenset()
    skills: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Needs:
    """`variables`: those that a customer's field may fill. `asks`: whom its steps `agent` ask for,
    and `wait`: for how many seconds at most. `surveys`: where its questions are asked, as flow and
    step, with each question's name. `webhooks`: its steps that ask an endpoint, likewise. `said`:
    its texts with variables, as flow and prompt, with the variables' names."""

    flow: str
    variables: frozenset[str] = frozenset()
    asks: frozenset[Ask] = frozenset()
    wait: float = 0.0
    surveys: Mapping[tuple[str, str], str] = field(default_factory=dict)
    webhooks: Mapping[tuple[str, str], Webhook] = field(default_factory=dict)
    said: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)

    @property
    def agents(self) -> bool:
        """Whether a call may ask for an agent."""
        return bool(self.asks)

    @property
    def anybody(self) -> Ask:
        """Who can take any call that asks, wherever it is."""
        return Ask(
            frozenset(team for ask in self.asks for team in ask.teams),
            frozenset(skill for ask in self.asks for skill in ask.skills),
        )

    @property
    def endpoints(self) -> frozenset[str]:
        """The endpoints that it asks."""
        return frozenset(step.webhook for step in self.webhooks.values())

    def given(self, fields: Mapping[str, object]) -> dict[str, str]:
        """The first values that a customer's fields give to the flow's variables."""
        return first_values(self.variables, fields)


def needs_of(flow: str, flows: Mapping[str, Flow]) -> Needs:
    """`flows`, by name: it, those that it calls, and those that they call; others are not looked
    at."""
    reached = reached_from(flow, flows)
    steps = [(f.name, name, step) for f in reached for name, step in f.each()]
    agents = list(_of(Agent, steps))
    return Needs(
        flow,
        frozenset(flows[flow].variables),
        frozenset(ask_of(step.agent, step.skills) for step in agents),
        max((step.wait for step in agents), default=0.0),
        {(f, name): step.survey for f, name, step in steps if isinstance(step, Survey)},
        {(f, name): step for f, name, step in steps if isinstance(step, Webhook)},
        {(f.name, name): names for f in reached for name, names in _said(f)},
    )


def reached_from(flow: str, flows: Mapping[str, Flow]) -> list[Flow]:
    """A flow, and of `flows` those that its calls may come through."""
    found, waiting = {flow: flows[flow]}, [flow]
    while waiting:
        called = {step.flow for _, step in found[waiting.pop()].calls()}
        for name in sorted(name for name in called if name in flows and name not in found):
            found[name] = flows[name]
            waiting.append(name)
    return list(found.values())


def ask_of(team: str, skills: Iterable[str]) -> Ask:
    """What one step asks for."""
    return Ask(frozenset({team} - {ANY, ""}), frozenset(skills))


def _said(flow: Flow) -> Iterable[tuple[str, frozenset[str]]]:
    found = ((name, frozenset(flow.spoken(name))) for name in flow.prompts)
    return ((name, names) for name, names in found if names)


def _of(kind: type[S], steps: Iterable[tuple[str, str, Step]]) -> Iterable[S]:
    return (step for _, _, step in steps if isinstance(step, kind))

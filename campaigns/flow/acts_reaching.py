"""Steps that reach somebody or something else, or decide, under way."""

from datetime import datetime

from campaigns.flow import doing as do
from campaigns.flow import happening as on
from campaigns.flow.branch import Branch
from campaigns.flow.cases import is_so
from campaigns.flow.once import Once, way_of
from campaigns.flow.reaching import Agent, Hangup, SubFlow, Transfer, Webhook
from campaigns.flow.scene import Act, Ended, Entering, Move, Scene, fitting, later, number_of

ANY = "any"


def branch(step: Branch) -> Act:
    """Takes the way of the first case that is so."""

    def begin(scene: Scene, now: datetime) -> Move:
        so = (
            way
            for case, way in zip(step.branch, step.ways(), strict=False)
            if is_so(case, scene, now)
        )
        return Move(way=next(so, way_of(step, "else")))

    return Once(begin, {})


def webhook(step: Webhook) -> Act:
    """Asks, and keeps what is on the list."""

    def begin(scene: Scene, now: datetime) -> Move:
        fields = {field: scene.fill(text) for field, text in step.send.items()}
        return Move((do.AskWebhook(step.webhook, fields, later(now, step.timeout)),))

    def answered(scene: Scene, it: on.WebhookAnswered, now: datetime) -> Move:
        found = {name: fitting(it.fields.get(field)) for name, field in step.into.items()}
        sets = {name: value for name, value in found.items() if value is not None}
        whole = len(sets) == len(found)
        return Move(way=way_of(step, "next"), sets=sets) if whole else failed(scene, it, now)

    def failed(scene: Scene, it: object, now: datetime) -> Move:
        return Move(way=way_of(step, "fallback"))

    return Once(begin, {on.WebhookAnswered: answered, on.WebhookFailed: failed, on.Silence: failed})


def agent(step: Agent) -> Act:
    """Looks for an agent."""
    team = "" if step.agent == ANY else step.agent
    return Once(
        lambda scene, now: Move((do.FindAgent(team, step.skills, later(now, step.wait)),)),
        {
            on.AgentFound: lambda scene, it, now: Move(ended=Ended.AGENT),
            on.Silence: lambda scene, it, now: Move(way=way_of(step, "no_agent")),
        },
    )


def transfer(step: Transfer) -> Act:
    """Calls the other number."""

    def begin(scene: Scene, now: datetime) -> Move:
        number = number_of(step.transfer, scene.flow)
        return Move((do.CallNumber(number, later(now, step.ring)),))

    def failed(scene: Scene, it: object, now: datetime) -> Move:
        return Move(way=way_of(step, "no_answer"))

    def taken(scene: Scene, it: object, now: datetime) -> Move:
        return Move(ended=Ended.TRANSFER)

    return Once(begin, {on.TransferTaken: taken, on.TransferFailed: failed, on.Silence: failed})


def sub_flow(step: SubFlow) -> Act:
    """Enters the other flow."""

    def begin(scene: Scene, now: datetime) -> Move:
        values = {name: scene.fill(text) for name, text in step.with_.items()}
        return Move(enters=Entering(step, values))

    return Once(begin, {})


def hangup(step: Hangup) -> Act:
    """Ends the call."""
    end = Move(ended=Ended.HANGUP, disposition=step.hangup)
    return Once(lambda scene, now: end, {})

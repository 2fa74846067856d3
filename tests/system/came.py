"""What has come of a call: by the walk, and by the database and the customer's own recording."""

from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import select

from campaigns import call_back
from campaigns.flow.doing import BookCallback
from campaigns.flow.scene import Ended
from campaigns.flow.trail import HIDDEN
from campaigns.flow.walk import Walk
from campaigns.spec.campaign import Campaign
from connectors.flows import FlowCallback
from storage import dnc
from storage.engine import Store
from storage.tables.attempts import AttemptRow
from storage.tables.flows import FLOW_ANSWERS, FLOW_STEPS
from tests.system.customers import Walked

OUTCOMES = {Ended.AGENT: "connected", Ended.VOICEMAIL: "machine"}
_A, _S = FLOW_ANSWERS.c, FLOW_STEPS.c


@dataclass(frozen=True, slots=True)
class Came:
    """`heard` as `Tuning.heard`; `steps`: each with the way out and what was pressed; `callback`:
    whether it is due when it was wished for, if it was."""

    heard: list[str]
    steps: list[tuple[str, str, str, str]]
    answers: dict[str, str]
    opted_out: bool
    callback: bool
    outcome: str
    disposition: str

    def differs(self, other: "Came") -> dict[str, tuple[Any, Any]]:
        """What does, each with both."""
        ours, theirs = asdict(self), asdict(other)
        return {name: (ours[name], theirs[name]) for name in ours if ours[name] != theirs[name]}


def by_the_walk(found: Walked, campaign: Campaign) -> Came:
    walk = found.walk
    agent = walk.ended is Ended.AGENT
    left = [(t.flow, t.step, str(t.way), t.pressed.replace(HIDDEN, "*")) for t in walk.trail]
    outcome = OUTCOMES.get(walk.ended or Ended.HUNG_UP, "heard")
    filed = campaign.default_disposition if agent else walk.disposition
    heard = [name for name, _ in groupby(found.plays)]
    left = left[:-1] if agent else left  # which is kept as when the two were connected
    return Came(heard, left, walk.answers, walk.opted_out, True, outcome, filed or outcome)


def by_the_site(
    store: Store, row: AttemptRow, campaign: Campaign, walk: Walk, heard: list[str]
) -> Came:
    with store.reading() as connection:
        answers = connection.execute(
            select(_A.question, _A.answer).where(_A.attempt_id == row.id)
        ).all()
        steps = connection.execute(
            select(_S.flow, _S.step, _S.way, _S.pressed)
            .where(_S.attempt_id == row.id)
            .order_by(_S.seq)
        ).all()
    opted_out = row.opted_out_at is not None
    assert bool(dnc.check(store, row.number)) == opted_out
    return Came(
        heard,
        [(flow, step, way, pressed or "") for flow, step, way, pressed in steps],
        {row.question: row.answer for row in answers},
        opted_out,
        _is_due(campaign, walk.callback, row),
        row.outcome,
        row.disposition,
    )


def _is_due(campaign: Campaign, wish: BookCallback | None, row: AttemptRow) -> bool:
    if wish is None or row.callback_at is None or row.ended_at is None:
        return wish is None and row.callback_at is None

    def due(at: Any) -> Any:
        after = None if wish.after is None else int(wish.after)
        told = FlowCallback(row.id, at, after, wish.time.replace(":", ""))
        return call_back.due(campaign.windows, (), told)

    return bool(due(row.placed_at) <= row.callback_at <= due(row.ended_at))

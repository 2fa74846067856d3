"""Placing calls: pacing, the hopper, the claim, the originate."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from campaigns.agents import Agent
from campaigns.answering import on_ended
from campaigns.cover import Cover, cover, forgive
from campaigns.cutting import cut_short
from campaigns.effects import AgentState, Claim, PacingDecided, Refill, StateChanged
from campaigns.leads import Attempt, Candidate, DialOrder, Refusal
from campaigns.learning import originated
from campaigns.on_demand import call_in
from campaigns.orders import CampaignState
from campaigns.pacing.modes import LINES, decide
from campaigns.pacing.view import View
from campaigns.ringing import most
from campaigns.rules import rule_of
from campaigns.run import Call, Run, seconds
from campaigns.seeing import view
from campaigns.spec.campaign import Mode
from campaigns.timers import Timer
from campaigns.wrap_up import free
from connectors.calls import Ended, EndReason, Originate

AT_WORK = (AgentState.RESERVED, AgentState.TALKING, AgentState.WRAP_UP)
"""While an agent may still file a call, a lead may have to be called again."""
NEWS = timedelta(seconds=5)
BREATH = timedelta(milliseconds=50)
"""Between two looks for calls per second: so that a claim is for more than one."""
PLACED = "placed"
MOST_PASSED = 100
"""Candidates looked past in one decision, when the lines of those who could take them are full."""


def pace(run: Run, now: datetime) -> None:
    """Decide how many calls to place now, and order them. Asks for candidates where short."""
    run.due = False
    if run.pacer.pause:
        run.pace_again = now + seconds(run.pacer.pause)
    if run.state is not CampaignState.RUNNING:
        call_in(run, now)
        return
    refill(run, now)
    if run.campaign.mode is Mode.PREVIEW:
        return
    call_in(run, now)
    covered = cover(run, now)
    forgive(run, covered.spare)
    seen = view(run, covered, now)
    seen.tell = _may_tell(run, now)
    run.decided = decide(run.pacer, seen)
    cut = cut_short(run, seen.ringing_ids, run.decided.cancel, now)
    orders = _orders(run, covered, run.decided.calls, now)
    _tell(run, seen, len(orders), cut, now)
    if orders:
        claim(run, orders)
        refill(run, now)
    if run.decided.held == LINES and not run.pacer.pause:
        _await_lines(run, now)


def _await_lines(run: Run, now: datetime) -> None:
    """Calls per second that are used up are to be used again as soon as they may be: what waits
    for the next tick is lost of every second."""
    at = run.lines.frees_at(now)
    if at is not None:
        come_back(run, max(at, now + BREATH))


def _may_tell(run: Run, now: datetime) -> bool:
    """Whether a decision may be told of that places nothing: now and then, not at each instant."""
    at = run.said[1]
    return at is None or now - at >= NEWS


def _tell(run: Run, seen: View, orders: int, cut: int, now: datetime) -> None:
    """Of a decision that does something; or does nothing, for another reason than before."""
    held = PLACED if orders else run.decided.held
    if orders or cut or (seen.tell and held != run.said[0]):
        why = f"{run.decided.why}; {cut} cut short" if cut else run.decided.why
        figures = _figures(run, seen) | run.decided.figures | {"cut_short": cut}
        run.emit(PacingDecided(now, orders, why, figures))
    if orders or cut or seen.tell:
        run.said = held, now


def claim(run: Run, orders: Sequence[DialOrder]) -> None:
    """Ask for a committed attempt for each order."""
    run.claiming += len(orders)
    run.claiming_booked += sum(1 for o in orders if o.agent is not None)
    run.emit(Claim(tuple(orders)))


def claimed(
    run: Run, attempts: Iterable[Attempt], refusals: Iterable[Refusal], now: datetime
) -> None:
    """The database has answered a claim: originate what was committed, free what was refused."""
    for attempt in attempts:
        _settle(run, attempt.order)
        place(run, attempt, now)
    for refusal in refusals:
        _settle(run, refusal.order)
        run.refused[rule_of(refusal.why)] += 1
        run.lines.unsent(refusal.order.node, refusal.order.trunk)
        run.lines.free(refusal.order.node, refusal.order.trunk)
        _unbook(run, refusal.order, now)
        run.due = True


def place(run: Run, attempt: Attempt, now: datetime) -> None:
    """Originate a committed attempt, unless what it was ordered for is gone since."""
    order = attempt.order
    agent = _booked(run, order)
    name = agent.name if agent is not None else None
    segment = run.segment(order.candidate)
    call = Call(attempt, run.day_of(attempt.placed_at), now, segment, agent=name)
    run.calls[call.call_id] = call
    run.recount(call)
    run.counts["dialled"] += 1
    if agent is not None:
        agent.call_id = call.call_id
    if why := _never_to_be_sent(run, order, agent):
        run.lines.unsent(order.node, order.trunk)
        on_ended(run, call, Ended(call.call_id, now, EndReason.CANCELLED, why), now)
        return
    originated(run, call)
    run.lines.sent(order.node, order.trunk, now)
    run.send(
        order.node,
        Originate(
            call.call_id,
            order.candidate.number,
            order.trunk,
            order.caller_id,
            most(run),
            run.amd,
            run.tuning,
        ),
    )


def _never_to_be_sent(run: Run, order: DialOrder, agent: Agent | None) -> str:
    """Why a call that was ordered is not placed after all; empty: it is."""
    if run.state is CampaignState.STOPPED:
        return "the campaign was stopped before the call was sent"
    if order.agent is not None and agent is None:
        return f"agent {order.agent} was gone before the call was sent"
    return ""


def refill(run: Run, now: datetime) -> None:
    wanted = run.hopper.wants(now)
    if wanted:
        run.hopper.refilling = True
        run.emit(Refill(wanted, run.hopper.held, run.hopper.plenty))


def refilled(
    run: Run, candidates: Sequence[Candidate], next_due: datetime | None, now: datetime
) -> None:
    """The list has answered a refill; where nothing is left to do, the campaign is finished."""
    run.hopper.refill(candidates, next_due, now)
    for candidate in candidates:
        run.segment(candidate)  # so that pacing knows it before it is dialled
    run.due = True
    busy = run.calls or run.claiming or any(run.floor.count(state) for state in AT_WORK)
    over = not run.hopper.waiting and next_due is None and not busy
    if run.campaign.inbound is not None or run.campaign.leads.more_to_come:
        over = False  # its lines are served, or it waits for leads, until it is stopped
    if over and run.state is CampaignState.RUNNING:
        run.state = CampaignState.FINISHED
        run.emit(StateChanged(now, run.state, "every lead of the list is done"))


def dial_order(
    run: Run, candidate: Candidate, now: datetime, agent: Agent | None, nodes: Sequence[str]
) -> DialOrder | None:
    """Book a line for a candidate on the first of `nodes` that has one; None when none has."""
    line = run.lines.take(now, nodes) if nodes else None
    if line is None:
        return None
    ids = run.campaign.caller_ids
    run.counts["ordered"] += 1
    caller_id = ids[run.counts["ordered"] % len(ids)]
    name = agent.name if agent is not None else None
    order = DialOrder(candidate, line[0], line[1], caller_id, name)
    if agent is None:
        run.ordered(order, 1)
    return order


def _orders(run: Run, covered: Cover, calls: int, now: datetime) -> list[DialOrder]:
    """Up to `calls` dial orders. A candidate that nobody free can take waits; others go past."""
    orders: list[DialOrder] = []
    passed: list[Candidate] = []
    able = _able(run) if run.hopper.has_parked else []
    while len(orders) < calls and len(passed) < MOST_PASSED:
        candidate = run.hopper.pop(able)
        if candidate is None:
            break
        order = _book(run, covered, candidate, now)
        if order is not None:
            orders.append(order)
        elif _nobody(run, candidate, able := _able(run)):
            run.hopper.park(candidate)
        else:
            passed.append(candidate)  # no line, where an agent would be
            if not _wants_skills(run, candidate):
                break
    for candidate in reversed(passed):
        run.hopper.put_back(candidate)
    return orders


def _nobody(run: Run, candidate: Candidate, able: Sequence[frozenset[str]]) -> bool:
    """Whether the candidate wants a skill that none of the free agents has."""
    return _wants_skills(run, candidate) and not any(candidate.skills <= skills for skills in able)


def _wants_skills(run: Run, candidate: Candidate) -> bool:
    """In mode ivr, the flow's steps say which skills are wanted, for whoever asks."""
    return bool(candidate.skills) and run.needs is None


def _able(run: Run) -> list[frozenset[str]]:
    """The skills of each agent who is free and stays."""
    return [a.skills for a in run.floor.at_hand() if a.node in run.lines.up]


def _book(run: Run, covered: Cover, candidate: Candidate, now: datetime) -> DialOrder | None:
    """An order for a candidate. One that needs skills gets an agent booked from the start.

    The guard counts agents, not their skills: a call that only some of the free agents can
    take is therefore never in flight without one of them set aside for it.
    """
    if _wants_skills(run, candidate):
        return _book_agent(run, covered, candidate, now)
    order = dial_order(run, candidate, now, None, _nodes(run, covered))
    if order is not None:
        covered.spend(order.node)
    return order


def _book_agent(run: Run, covered: Cover, candidate: Candidate, now: datetime) -> DialOrder | None:
    for node in sorted(run.lines.up, key=lambda n: (-covered.spare.get(n, 0), n)):
        agent = run.floor.longest_idle(candidate.skills, node)
        if agent is None or not agent.at_hand or not covered.allows(node):
            continue
        order = dial_order(run, candidate, now, agent, [node])
        if order is not None:
            covered.spend(node)
            agent.booked = candidate.lead_id
            run.move(agent, AgentState.RESERVED, now, "booked")
            return order
    return None


def _nodes(run: Run, covered: Cover) -> list[str]:
    """Where the next call may go: to the node with the most agents to spare, then to the others,
    as far as the guard has room for a call that no agent on its node is free for."""
    allowed = [node for node in run.lines.up if covered.allows(node)]
    if len(allowed) < 2:
        return allowed
    return sorted(allowed, key=lambda n: (-covered.spare.get(n, 0), run.lines.load(n), n))


def come_back(run: Run, at: datetime) -> None:
    """Nothing can be placed before: look again at `at`."""
    if not run.pace_armed:
        run.pace_armed = True
        run.timers.set(at, Timer.PACE)


def _settle(run: Run, order: DialOrder) -> None:
    run.claiming -= 1
    run.hopper.let_go(order.candidate.lead_id)
    if order.agent is not None:
        run.claiming_booked -= 1
    else:
        run.ordered(order, -1)


def _unbook(run: Run, order: DialOrder, now: datetime) -> None:
    agent = _booked(run, order)
    if agent is not None:
        free(run, agent, now)


def _booked(run: Run, order: DialOrder) -> Agent | None:
    """The agent set aside for an order, if nothing has come between since."""
    agent = run.floor.get(order.agent) if order.agent else None
    if agent is None or agent.state is not AgentState.RESERVED or agent.call_id is not None:
        return None
    return agent if agent.booked == order.candidate.lead_id else None


def _figures(run: Run, seen: View) -> dict[str, float]:
    return {
        "free": seen.free,
        "in_flight": seen.in_flight,
        "talking": run.floor.count(AgentState.TALKING),
        "wrapping": run.floor.count(AgentState.WRAP_UP),
        "dialled": len(seen.dialled),
        "ringing": len(seen.ringing),
        "analysing": seen.analysing,
        "waiting": seen.waiting,
        "live": seen.live,
        "abandoned": seen.abandoned,
        "room": seen.room,
        "lines": seen.lines,
        "inbound": seen.inbound,
    }

"""Who is to work where: a table of cases, and what holds for every one."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.effects import AgentState
from campaigns.shares import SharedAgent, Taker, shares
from campaigns.sharing import STAY, Sent, share_out

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
LONG_AGO = NOW - 2 * STAY
MANY = 1000
S, A, W = "spring", "autumn", "winter"
STATES = {
    "r": AgentState.READY,
    "v": AgentState.RESERVED,
    "t": AgentState.TALKING,
    "w": AgentState.WRAP_UP,
    "p": AgentState.PAUSED,
    "o": AgentState.OFFLINE,
}


def agents(
    at: str | None, states: str, fits: str = f"{S} {A}", letter: str = "", **parts: object
) -> list[SharedAgent]:
    """An agent for each letter; the first has been in its state for the longest."""
    first = {"told": LONG_AGO, "at": at, **parts}
    prefix = letter or str(first.get("bound") or at or "new")[0]
    return [
        SharedAgent(
            f"{prefix}{n}",
            frozenset(fits.split()),
            STATES[s],
            NOW - timedelta(seconds=90 - n),
            **first,  # type: ignore[arg-type]
        )
        for n, s in enumerate(states)
    ]


def two(spring: int = MANY, autumn: int = MANY, others: int = 0) -> list[Taker]:
    """Spring has twice the weight; `others`: its agents who are not shared."""
    return [Taker(S, 2, spring, others), Taker(A, 1, autumn)]


CASES: dict[str, tuple[list[Taker], list[SharedAgent], list[Sent]]] = {
    "nobody is shared": (two(), [], []),
    "nobody dials": ([], agents(None, "oo"), []),
    "those who wait are sent by weight": (
        two(),
        agents(None, "ooo"),
        [Sent("n0", S), Sent("n1", S), Sent("n2", A)],
    ),
    "without work nobody is sent anywhere": (two(0, 0), agents(None, "oo"), []),
    "to where there is work": (two(0), agents(None, "oo"), [Sent("n0", A), Sent("n1", A)]),
    "never to what they may not": (two(), agents(None, "oo", A), [Sent("n0", A), Sent("n1", A)]),
    "nor where nobody dials": (two(), agents(None, "o", W), []),
    "a fair split stays": (two(), agents(S, "rrrr") + agents(A, "rr"), []),
    "half an agent is nothing to move for": (two(), agents(S, "rrr") + agents(A, "rr"), []),
    "a whole one is, and then the split is made as near as can be": (
        two(),
        agents(S, "rrrrr"),
        [Sent("s0", A, S), Sent("s1", A, S)],
    ),
    "ready ones first, then who will be free soonest; a reserved one never": (
        [Taker(S, 1, MANY), Taker(A, 3, MANY)],
        agents(S, "vtwr"),
        [Sent("s3", A, S), Sent("s2", A, S), Sent("s1", A, S)],
    ),
    "who has waited longest first": (two(), agents(S, "trr"), [Sent("s1", A, S)]),
    "who is on a break is neither counted nor moved": (
        two(),
        agents(S, "rrpppp"),
        [Sent("s0", A, S)],
    ),
    "who has just come stays a while": (two(), agents(S, "rrr", told=NOW - STAY / 2), []),
    "and then not": (two(), agents(S, "rrr", told=NOW - STAY), [Sent("s0", A, S)]),
    "a campaign that has run dry gives its agents away": (
        two(0),
        agents(S, "tr") + agents(A, "r"),
        [Sent("s1", A, S), Sent("s0", A, S)],
    ),
    "but has nobody to give them to": (two(0, 0), agents(S, "rr"), []),
    "as it has work again it gets its share back": (
        two(),
        agents(A, "rrrrrr"),
        [Sent(f"a{n}", S, A) for n in range(4)],
    ),
    "few leads need few agents": (two(1), agents(A, "rrrrrr"), [Sent("a0", S, A)]),
    "as many as are left do where nobody else has leads": (two(1, 0), agents(S, "rr"), []),
    "who is asked to leave counts where it goes": (
        two(),
        agents(S, "r") + agents(S, "t", bound=A),
        [],
    ),
    "and is asked to stay when it is needed there after all": (
        two(MANY, 0),
        agents(S, "r") + agents(S, "t", bound=A),
        [Sent("a0", S, S)],
    ),
    "who is on its way is not sent elsewhere": (
        two(MANY, 0),
        agents(None, "o", bound=A),
        [],
    ),
    "whose campaign nobody dials now is neither counted nor moved": (
        two(),
        agents(W, "rrr", f"{S} {A} {W}") + agents(S, "rr"),
        [Sent("s0", A, S)],
    ),
    "agents who are not shared count first": (
        two(others=4),
        agents(S, "rr"),
        [Sent("s0", A, S), Sent("s1", A, S)],
    ),
    "and so do those who can go nowhere else": (
        two(),
        agents(S, "rrrr", S, letter="x") + agents(S, "rr"),
        [Sent("s0", A, S), Sent("s1", A, S)],
    ),
    "one at least where there is work": (
        [Taker(S, 1000, MANY), Taker(A, 1, MANY)],
        agents(S, "rr"),
        [Sent("s0", A, S)],
    ),
    "if there are enough": (
        [Taker(S, 3, MANY), Taker(A, 1, MANY), Taker(W, 1, MANY)],
        agents(S, "r", f"{S} {A} {W}"),
        [],
    ),
    "who fits no longer where it is goes where it fits": (
        two(),
        agents(S, "r", A),
        [Sent("s0", A, S)],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_who_goes_where(case: str) -> None:
    takers, pool, sent = CASES[case]
    assert len({agent.name for agent in pool}) == len(pool)
    assert share_out(takers, pool, NOW) == sent


def after(pool: Iterable[SharedAgent], sent: Iterable[Sent], at: datetime) -> list[SharedAgent]:
    """Everybody has arrived."""
    places = {order.agent: order.to for order in sent}
    return [
        replace(a, at=places[a.name], bound=None, told=at, state=AgentState.READY)
        if a.name in places
        else a
        for a in pool
    ]


NAMES = st.sampled_from([S, A, W])
TAKERS = st.lists(
    st.builds(
        Taker,
        NAMES,
        st.sampled_from([0.5, 1.0, 2.0, 3.0, 7.25]),
        st.sampled_from([0, 1, 2, 5, MANY]),
        st.integers(0, 3),
    ),
    max_size=3,
    unique_by=lambda t: t.name,
)


@st.composite
def pools(draw: st.DrawFn, fits: st.SearchStrategy[frozenset[str]]) -> list[SharedAgent]:
    count = draw(st.integers(0, 12))
    return [
        SharedAgent(
            f"agent-{n:02}",
            may := draw(fits),
            state := draw(st.sampled_from([*STATES.values()])),
            NOW - timedelta(seconds=draw(st.integers(0, 500))),
            at := None if state is AgentState.OFFLINE else draw(st.sampled_from(sorted(may))),
            draw(st.sampled_from([None, *sorted(may - {at})])) if at else None,
            NOW - timedelta(seconds=draw(st.integers(0, 200))),
        )
        for n in range(count)
    ]


ANY_FITS = st.sets(NAMES, min_size=1).map(frozenset)
EVERYWHERE = st.just(frozenset({S, A, W}))


@given(TAKERS, pools(ANY_FITS))
def test_each_is_sent_once_to_one_place_and_only_who_may_be(
    takers: list[Taker], pool: list[SharedAgent]
) -> None:
    sent = share_out(takers, pool, NOW)
    by_name = {agent.name: agent for agent in pool}
    assert all(n == 1 for n in Counter(order.agent for order in sent).values())
    for order in sent:
        agent = by_name[order.agent]
        assert order.to in agent.fits
        assert order.out_of == agent.at
        assert next(t for t in takers if t.name == order.to).leads > 0
        if agent.at is None:
            assert agent.bound is None
            continue
        assert agent.state in (AgentState.READY, AgentState.WRAP_UP, AgentState.TALKING)
        assert agent.told
        assert NOW - agent.told >= STAY
        assert order.to == agent.at if agent.bound else order.to != agent.at


@given(TAKERS, pools(ANY_FITS))
def test_it_comes_to_rest_at_once_and_nobody_moves_back(
    takers: list[Taker], pool: list[SharedAgent]
) -> None:
    """Nothing changes but that those who were sent arrive: the first word was the last."""
    at, seen = NOW, []
    for _ in range(4):
        sent = share_out(takers, pool, at)
        seen.append(len(sent))
        pool, at = after(pool, sent, at), at + 2 * STAY
    # the second look finds those who could not be moved at the first
    assert seen[2:] == [0, 0]


@given(TAKERS, pools(EVERYWHERE))
def test_whoever_can_go_anywhere_is_split_by_weight_within_one_agent(
    takers: list[Taker], pool: list[SharedAgent]
) -> None:
    at = NOW
    dialled = {t.name for t in takers}
    pool = [
        replace(a, bound=None, state=AgentState.READY) for a in pool if a.at in {*dialled, None}
    ]
    for _ in range(2):
        pool, at = after(pool, share_out(takers, pool, at), at), at + 2 * STAY
    due = shares(takers, pool)
    have = Counter(a.at for a in pool)
    away = {t.name: t.others + have[t.name] - due[t.name] for t in takers}
    short = any(away[t.name] < 0 and t.leads > 0 for t in takers)
    for taker in takers:
        given_up = have[taker.name] and short  # what nobody else could use may stay
        assert away[taker.name] < 1 or not given_up
        assert (
            away[taker.name] > -1
            or not pool
            or not any(have[t.name] and away[t.name] - away[taker.name] > 1 for t in takers)
        )


@given(TAKERS, pools(EVERYWHERE))
def test_work_is_never_without_an_agent_while_another_campaign_has_two(
    takers: list[Taker], pool: list[SharedAgent]
) -> None:
    at = NOW
    dialled = {t.name for t in takers}
    pool = [
        replace(a, bound=None, state=AgentState.READY) for a in pool if a.at in {*dialled, None}
    ]
    for _ in range(2):
        pool, at = after(pool, share_out(takers, pool, at), at), at + 2 * STAY
    working = [t for t in takers if t.leads > 0]
    have = Counter(a.at for a in pool)
    bare = [t for t in working if not t.others]
    if len(pool) >= len(working):
        assert all(have[t.name] for t in bare)

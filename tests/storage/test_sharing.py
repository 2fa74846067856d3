"""Shared agents on their way from campaign to campaign, and who dies in between."""

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import select, update

from campaigns.effects import AgentChanged, AgentState
from campaigns.orders import CampaignState, LogIn, LogOut, Move, Stay
from campaigns.sharing import Sent
from campaigns.spec.campaign import Campaign
from storage import agents, campaigns, shared, sharing
from storage.agent_states import known_agents
from storage.agents import NewAgent
from storage.campaigns import dialled
from storage.candidates import count_due
from storage.dbtime import db_time
from storage.engine import Store
from storage.errors import NotThere, Refused
from storage.ids import new_id
from storage.leases import Lease, acquire, release
from storage.orders import answer, put_order, refuse_order, take_orders
from storage.record import record
from storage.sharing import Dialled
from storage.tables.agents import AGENT_ORDERS, AGENT_STATES, AGENTS
from storage.tables.campaigns import LEASES
from storage.tables.people import LEADS

MANY = 99
ALL = frozenset({"all"})  # the team of everybody


class Floor:
    """Two campaigns with their leases, and Ann, Bob and Cat, who may work in both."""

    def __init__(self, store: Store, run: Callable[..., Lease], make: Any, now: datetime) -> None:
        self.store, self.now = store, now
        self.specs: dict[str, Campaign] = {
            name: make(name=name, agents={"teams": ["all"]}) for name in ("spring", "autumn")
        }
        self.leases = {name: run(spec, name) for name, spec in self.specs.items()}
        for name in ("ann", "bob", "cat"):
            agents.add(store, NewAgent(name, f"phone-{name}", teams=("all",)), now)

    def share(self, *names: str) -> None:
        for name in names:
            shared.share(self.store, name)

    def run(self, spring: int = MANY, autumn: int = MANY) -> list[Sent]:
        leads = {"spring": spring, "autumn": autumn}
        found = [Dialled(c, leads[c.name]) for c in dialled(self.store)]
        return sharing.share_agents_out(self.store, found)

    def taken(self, name: str) -> list[Any]:
        return [order for _, order in take_orders(self.store, self.leases[name])]

    def tell(self, name: str, agent: str, state: AgentState, reason: str = "", **more: Any) -> None:
        self.now += timedelta(seconds=1)
        if state is not AgentState.OFFLINE:
            more.setdefault("leg_id", new_id())
        change = AgentChanged(agent, self.now, state, reason, **more)
        record(self.store, self.leases[name], self.specs[name], [change])

    def work(self, name: str, *who: str) -> None:
        """Agents take the log-ins that wait for them, and begin."""
        assert {order.agent for order in self.taken(name)} == set(who)
        for agent in who:
            self.tell(name, agent, AgentState.READY)

    def later(self) -> None:
        """A minute and more after whatever was told and ordered."""
        with self.store.writing() as connection:
            connection.execute(update(AGENTS).values(told_at=db_time(-100)))
            connection.execute(update(AGENT_ORDERS).values(created_at=db_time(-100)))

    def takeover(self, name: str) -> None:
        release(self.store, self.leases[name])
        lease = acquire(self.store, name, "successor", ttl=60)
        assert lease
        self.leases[name] = lease

    def of(self, agent: str) -> tuple[str | None, str | None, bool]:
        row = agents.get(self.store, agent)
        return row.campaign, row.bound, row.shared


@pytest.fixture
def floor(
    store: Store, run: Callable[..., Lease], make_campaign: Callable[..., Campaign], now: datetime
) -> Floor:
    return Floor(store, run, make_campaign, now)


@pytest.fixture
def in_spring(floor: Floor) -> Floor:
    """All three work in spring, since autumn had no leads; a minute ago."""
    floor.share("ann", "bob", "cat")
    floor.run(autumn=0)
    floor.work("spring", "ann", "bob", "cat")
    floor.later()
    return floor


def test_who_begins_is_sent_where_there_is_work_and_only_once(floor: Floor) -> None:
    floor.share("ann", "bob")
    assert floor.run(spring=0) == [Sent("ann", "autumn"), Sent("bob", "autumn")]
    assert floor.run(spring=0) == []
    assert floor.taken("spring") == []
    assert floor.taken("autumn") == [
        LogIn(n, f"phone-{n}", "main", teams=ALL) for n in ("ann", "bob")
    ]
    assert floor.of("ann") == ("autumn", None, True)  # before its worker has told anything
    assert floor.run() == []


def test_nobody_is_shared_who_has_not_asked_for_it(floor: Floor) -> None:
    put_order(floor.store, "spring", LogIn("ann", "phone-ann", "main"))
    floor.work("spring", "ann")
    floor.later()
    assert floor.run(spring=0) == []
    assert shared.shared_agents(floor.store) == 0
    with pytest.raises(NotThere, match="no agent 'dan'"):
        shared.share(floor.store, "dan")


def test_who_is_at_work_already_is_shared_from_now_on(floor: Floor) -> None:
    put_order(floor.store, "spring", LogIn("ann", "phone-ann", "main"))
    floor.work("spring", "ann")
    assert shared.share(floor.store, "ann") == "spring"
    assert floor.run(spring=0) == [Sent("ann", "autumn", "spring")]


def test_a_move_is_two_orders_and_the_second_follows_the_first(in_spring: Floor) -> None:
    floor = in_spring
    assert floor.run() == [Sent("ann", "autumn", "spring")]
    assert floor.of("ann") == ("spring", "autumn", True)
    assert floor.taken("spring") == [Move("ann", "autumn")]
    assert floor.run() == []
    assert floor.taken("autumn") == []

    floor.tell("spring", "ann", AgentState.OFFLINE, "moved to autumn")
    assert floor.of("ann") == (None, None, True)
    assert floor.run() == [Sent("ann", "autumn")]
    floor.work("autumn", "ann")
    assert floor.of("ann") == ("autumn", None, True)
    with floor.store.reading() as connection:
        told = select(AGENT_STATES.c.campaign, AGENT_STATES.c.state, AGENT_STATES.c.reason)
        rows = connection.execute(told.where(AGENT_STATES.c.agent == "ann").order_by("seq")).all()
    assert [tuple(row) for row in rows][1:] == [
        ("spring", "offline", "moved to autumn"),
        ("autumn", "ready", ""),
    ]


def test_a_move_that_is_wanted_no_more_is_taken_back(in_spring: Floor) -> None:
    floor = in_spring
    floor.run()
    floor.later()
    assert floor.run(autumn=0) == [Sent("ann", "spring", "spring")]
    assert floor.of("ann") == ("spring", None, True)
    assert floor.taken("spring") == [Move("ann", "autumn"), Stay("ann")]


def test_who_has_left_goes_to_where_it_is_needed_by_then(in_spring: Floor) -> None:
    floor = in_spring
    floor.run()
    floor.tell("spring", "ann", AgentState.OFFLINE, "moved to autumn")
    assert floor.run(autumn=0) == [Sent("ann", "spring")]


def test_a_worker_that_dies_with_the_wish_leaves_it_to_its_successor(in_spring: Floor) -> None:
    floor = in_spring
    floor.run()
    floor.taken("spring")
    floor.takeover("spring")
    known = {agent.name: agent.bound for agent in known_agents(floor.store, "spring")}
    assert known == {"ann": "autumn", "bob": "", "cat": ""}


def test_a_worker_that_dies_with_a_login_leaves_it_to_its_successor(floor: Floor) -> None:
    floor.share("ann")
    floor.run(spring=0)
    floor.taken("autumn")
    floor.takeover("autumn")
    (ann,) = known_agents(floor.store, "autumn")
    assert (ann.name, ann.state, ann.leg_id) == ("ann", AgentState.OFFLINE, None)
    assert floor.run() == []
    with pytest.raises(Refused, match="at work in campaign 'autumn'"):
        put_order(floor.store, "spring", LogIn("ann", "phone-ann", "main"))


def test_a_login_that_nobody_takes_is_withdrawn(floor: Floor) -> None:
    floor.share("ann")
    floor.run(spring=0)
    floor.later()
    assert floor.run(autumn=0) == [Sent("ann", "spring")]
    assert floor.taken("autumn") == []
    assert floor.taken("spring") == [LogIn("ann", "phone-ann", "main", teams=ALL)]


def test_a_campaign_that_nobody_dials_keeps_its_agents_until_somebody_does(
    in_spring: Floor,
) -> None:
    floor = in_spring
    release(floor.store, floor.leases["spring"])
    assert [c.name for c in dialled(floor.store)] == ["autumn"]
    assert floor.run() == []
    campaigns.set_wanted(floor.store, "spring", CampaignState.STOPPED, floor.now)
    assert {sent.to for sent in floor.run()} == {"autumn"}  # it is over, and holds nobody back
    floor.work("autumn", "ann", "bob", "cat")


def test_a_campaign_that_ends_sends_its_agents_on(in_spring: Floor) -> None:
    floor = in_spring
    floor.tell("spring", "bob", AgentState.PAUSED, "lunch")
    for name in ("ann", "bob", "cat"):
        floor.tell("spring", name, AgentState.OFFLINE, "logged out")
    assert floor.run(spring=0) == [Sent("ann", "autumn"), Sent("cat", "autumn")]
    assert floor.of("bob") == (None, None, False)  # nobody rings who is at lunch


def test_who_does_not_pick_up_is_not_rung_for_ever(floor: Floor) -> None:
    floor.share("ann")
    floor.run()
    floor.taken("spring")
    floor.tell("spring", "ann", AgentState.OFFLINE, "phone rings", leg_id=new_id())
    floor.tell("spring", "ann", AgentState.OFFLINE, "phone not reached: no answer")
    assert floor.of("ann") == (None, None, False)
    assert floor.run() == []


def test_a_break_ends_a_move(in_spring: Floor) -> None:
    floor = in_spring
    floor.run()
    floor.tell("spring", "ann", AgentState.PAUSED, "lunch")
    assert floor.of("ann") == ("spring", None, True)


def test_a_break_ends_a_move_however_short_it_was(in_spring: Floor) -> None:
    """Told in one batch with what came after it."""
    floor = in_spring
    floor.run()
    at, leg = floor.now + timedelta(seconds=5), new_id()
    told = [
        AgentChanged("ann", at, AgentState.PAUSED, "phone"),
        AgentChanged("ann", at + timedelta(seconds=1), AgentState.READY, leg_id=leg),
    ]
    record(floor.store, floor.leases["spring"], floor.specs["spring"], told)
    assert floor.of("ann") == ("spring", None, True)


def test_going_home_on_the_way(in_spring: Floor) -> None:
    """Asked to leave; between two campaigns; with a log-in that waits."""
    floor = in_spring
    floor.run()
    told = shared.log_out(floor.store, "ann")
    assert told
    assert told[0] == "spring"
    assert floor.taken("spring") == [Move("ann", "autumn"), LogOut("ann")]
    floor.tell("spring", "ann", AgentState.OFFLINE, "logged out")
    assert floor.of("ann") == (None, None, False)

    floor.tell("spring", "bob", AgentState.OFFLINE, "moved to autumn")
    assert [sent.agent for sent in floor.run()] == ["bob"]
    assert shared.log_out(floor.store, "bob") is None
    assert floor.taken("autumn") == []
    assert floor.run() == []


def test_a_login_to_one_campaign_ends_the_sharing(floor: Floor) -> None:
    floor.share("ann")
    floor.run(spring=0)
    put_order(floor.store, "spring", LogIn("ann", "phone-ann", "main"))
    assert floor.of("ann") == (None, None, False)
    assert floor.taken("autumn") == []
    assert len(floor.taken("spring")) == 1


def test_who_is_refused_belongs_to_nobody(floor: Floor) -> None:
    order = put_order(floor.store, "spring", LogIn("ann", "phone-ann", "main"))
    floor.taken("spring")
    refuse_order(floor.store, order, "not on this PBX", absent="ann")
    assert floor.of("ann")[0] is None
    assert answer(floor.store, order).refused == "not on this PBX"


def test_two_campaigns_that_take_a_login_at_once_get_one_agent(floor: Floor) -> None:
    """The orders were both given while nobody knew of the other."""
    for name in ("spring", "autumn"):
        put_order(floor.store, name, LogIn("ann", "phone-ann", "main"))
    start, got = Barrier(2), []

    def take(name: str) -> None:
        start.wait()
        got.extend(floor.taken(name))

    threads = [Thread(target=take, args=(name,)) for name in ("spring", "autumn")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 1
    assert floor.of("ann")[0] in ("spring", "autumn")


def test_two_that_decide_at_once_move_nobody_twice(in_spring: Floor) -> None:
    floor, start, sent = in_spring, Barrier(2), []

    def decide() -> None:
        start.wait()
        sent.extend(floor.run())

    threads = [Thread(target=decide) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sent == [Sent("ann", "autumn", "spring")]


def test_who_takes_orders_and_who_records_do_not_wait_for_each_other(floor: Floor) -> None:
    """They lock agent and lease in one order, or a database would have to end one of them."""
    start, rounds = Barrier(2), 30

    def take() -> None:
        start.wait()
        for _ in range(rounds):
            put_order(floor.store, "spring", LogIn("ann", "phone-ann", "main"))
            floor.taken("spring")

    thread = Thread(target=take)
    thread.start()
    start.wait()
    for _ in range(rounds):
        floor.tell("spring", "ann", AgentState.READY)
    thread.join()
    assert floor.of("ann")[0] == "spring"


def test_leads_are_counted_as_far_as_it_matters(
    store: Store, campaign: Campaign, fill: Callable[..., Any], now: datetime
) -> None:
    minute = timedelta(seconds=60)
    assert count_due(store, campaign, 5, now, minute) == 0
    fill(campaign, 7)
    assert count_due(store, campaign, 5, now, minute) == 5
    assert count_due(store, campaign, 50, now, minute) == 7
    with store.writing() as connection:
        first = LEADS.c.number.in_(["+493010000001", "+493010000002"])
        connection.execute(update(LEADS).values(next_at=now + minute / 2))
        connection.execute(update(LEADS).where(first).values(next_at=now + 2 * minute))
    assert count_due(store, campaign, 50, now, minute) == 5
    closed = campaign.model_validate(
        campaign.model_dump(by_alias=True)
        | {"windows": {"timezone": "UTC", "hours": [{"from": "03:00", "to": "04:00"}]}}
    )
    assert count_due(store, closed, 50, now, minute) == 0


def test_a_lapsed_lease_dials_nothing(floor: Floor) -> None:
    with floor.store.writing() as connection:
        connection.execute(update(LEASES).values(expires_at=db_time(-1)))
    assert dialled(floor.store) == []

"""Orders on their way to a running campaign: durable, taken once, hostile until read."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text, update

from campaigns.effects import AgentChanged, AgentState
from campaigns.orders import (
    Accept,
    AgentOrder,
    CampaignState,
    Dispose,
    EndCall,
    LogIn,
    LogOut,
    Move,
    Order,
    Pause,
    Ready,
    SetState,
    Skip,
    Stay,
    Supervise,
)
from connectors.calls import Listening
from storage import agents, campaigns
from storage.agents import NewAgent
from storage.dbtime import db_time
from storage.engine import Store
from storage.errors import LeaseLost, NotThere, Refused
from storage.ids import new_id
from storage.leases import Lease, acquire, release
from storage.order_codec import KINDS, decode, encode
from storage.orders import answer, put_order, refuse_order, take_orders
from storage.record import record
from storage.tables.agents import AGENT_ORDERS
from storage.tables.campaigns import LEASES

EXAMPLES: list[Order] = [
    LogIn("ann", "phone-1", "main", frozenset({"de", "sales"})),
    LogIn("ann", "phone-1", "main"),
    LogOut("ann"),
    Move("ann", "winter"),
    Stay("ann"),
    Pause("ann", "Mittag 🍜"),
    Ready("ann"),
    Dispose("ann", "sale", "ruft an\r\num 15 Uhr", then_ready=False),
    EndCall("ann"),
    Accept("ann"),
    Skip("ann"),
    Supervise("ann", "phone-9", Listening.WHISPER, new_id()),
    SetState(CampaignState.PAUSED),
]
NO_ORDERS: list[tuple[str, Any]] = [
    ("format_disk", {"agent": "ann"}),
    ("", {}),
    ("ready", {}),
    ("ready", None),
    ("ready", []),
    ("ready", "ann"),
    ("ready", {"agent": 7}),
    ("ready", {"agent": None}),
    ("ready", {"agent": "ann", "extra": 1}),
    ("ready", {"agent": "ann\n"}),
    ("ready", {"agent": "ann\r\nAction: Command"}),
    ("ready", {"agent": "a" * 65}),
    ("ready", {"agent": "${SHELL(id)}"}),
    ("ready", {"agent": "änn"}),
    ("log_in", {"agent": "ann", "phone": "1&SIP/evil", "node": "main"}),
    ("log_in", {"agent": "ann", "phone": "1", "node": "../main"}),
    ("log_in", {"agent": "ann", "phone": "1", "node": "main", "skills": ["a b"]}),
    ("log_in", {"agent": "ann", "phone": "1", "node": "main", "skills": "all"}),
    ("pause", {"agent": "ann", "reason": "x" * 201}),
    ("dispose", {"agent": "ann", "disposition": "a sale"}),
    ("dispose", {"agent": "ann", "disposition": "sale", "then_ready": "maybe"}),
    ("dispose", {"agent": "ann", "disposition": "sale", "note": "x" * 4001}),
    ("supervise", {"agent": "ann", "phone": "9", "how": "shout", "leg_id": str(new_id())}),
    ("supervise", {"agent": "ann", "phone": "9", "how": "listen", "leg_id": "1 OR 1=1"}),
    ("move", {"agent": "ann"}),
    ("move", {"agent": "ann", "to": "win ter"}),
    ("set_state", {"state": "on fire"}),
]


def test_every_order_there_is_has_a_kind() -> None:
    assert set(KINDS.values()) == {*get_args(AgentOrder), SetState}
    assert {type(example) for example in EXAMPLES} == set(KINDS.values())


@pytest.mark.parametrize("order", EXAMPLES, ids=lambda order: type(order).__name__)
def test_an_order_survives_json(order: Order) -> None:
    kind, payload = encode(order)
    assert decode(kind, json.loads(json.dumps(payload))) == order


@pytest.mark.parametrize(("kind", "payload"), NO_ORDERS)
def test_what_is_no_order_is_refused_without_repeating_it(kind: str, payload: Any) -> None:
    with pytest.raises(Refused) as refusal:
        decode(kind, payload)
    words = str(refusal.value)
    values = payload.values() if isinstance(payload, dict) else [payload]
    assert not any(isinstance(v, str) and len(v) > 5 and v in words for v in values)
    assert "\n" not in words


@given(
    st.sampled_from(sorted(KINDS)),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.just("agent"), inner),
        max_leaves=8,
    ),
)
def test_no_json_whatever_does_more_than_be_refused(kind: str, payload: Any) -> None:
    try:
        order = decode(kind, payload)
    except Refused:
        return
    assert decode(*encode(order)) == order


def test_an_order_out_of_form_is_refused_before_it_is_stored(store: Store) -> None:
    with pytest.raises(Refused, match="agent"):
        put_order(store, "autumn", Ready("ann\r\nAction: Originate"))


def test_orders_are_taken_once_and_in_order(store: Store, lease: Lease) -> None:
    ids = [put_order(store, "autumn", order) for order in EXAMPLES]
    put_order(store, "winter", Ready("ann"))
    assert take_orders(store, lease) == list(zip(ids, EXAMPLES, strict=True))
    assert take_orders(store, lease) == []


def test_the_giver_can_see_what_became_of_an_order(store: Store, lease: Lease) -> None:
    order_id = put_order(store, "autumn", Ready("ann"))
    assert answer(store, order_id).taken_at is None
    take_orders(store, lease)
    taken = answer(store, order_id)
    assert taken.taken_at
    assert taken.refused is None
    refuse_order(store, order_id, "agent 'ann' is not logged in")
    assert answer(store, order_id).refused == "agent 'ann' is not logged in"
    with pytest.raises(NotThere):
        answer(store, new_id())


def test_an_order_that_somebody_forged_in_the_table_is_refused_and_stops_no_other(
    store: Store, lease: Lease
) -> None:
    forged = put_order(store, "autumn", Ready("ann"))
    good = put_order(store, "autumn", Ready("bob"))
    with store.writing() as connection:
        connection.execute(
            update(AGENT_ORDERS)
            .where(AGENT_ORDERS.c.id == forged)
            .values(payload={"agent": "x\r\nAction: Originate"})
        )
    assert take_orders(store, lease) == [(good, Ready("bob"))]
    assert "not in form: agent" in (answer(store, forged).refused or "")


def test_whoever_was_taken_over_takes_no_orders(store: Store, lease: Lease, now: datetime) -> None:
    put_order(store, "autumn", Ready("ann"))
    with store.writing() as connection:
        connection.execute(update(LEASES).values(expires_at=db_time()))
    successor = acquire(store, "autumn", "successor")
    assert successor
    with pytest.raises(LeaseLost):
        take_orders(store, lease)
    assert [order for _, order in take_orders(store, successor)] == [Ready("ann")]


def test_orders_wait_for_a_campaign_that_is_not_running_yet(
    store: Store, run: Callable[..., Lease], make_campaign: Callable[..., Any]
) -> None:
    put_order(store, "autumn", LogIn("ann", "phone-1", "main"))
    lease = run(make_campaign())
    assert [order for _, order in take_orders(store, lease)] == [LogIn("ann", "phone-1", "main")]


def test_looking_for_orders_writes_nothing_when_there_are_none(store: Store, lease: Lease) -> None:
    with store.writing() as connection:  # SQLite has one writer; looking must not wait for it
        connection.execute(text("DELETE FROM outbox"))
        assert take_orders(store, lease) == []


@pytest.fixture
def ann_in_winter(
    store: Store, run: Callable[..., Lease], make_campaign: Callable[..., Any], now: datetime
) -> Lease:
    """Ann is at work in campaign `winter`; its lease."""
    winter = make_campaign(name="winter")
    lease = run(winter, "another")
    agents.add(store, NewAgent("ann", "phone-1"), now)
    record(store, lease, winter, [AgentChanged("ann", now, AgentState.PAUSED, "lunch")])
    return lease


def test_an_agent_works_in_one_campaign_at_a_time(
    store: Store, lease: Lease, ann_in_winter: Lease
) -> None:
    login = LogIn("ann", "phone-1", "main")
    with pytest.raises(Refused, match=r"'ann' is at work in campaign 'winter'.*agent logout ann"):
        put_order(store, "autumn", login)
    again = put_order(store, "winter", login)
    assert take_orders(store, lease) == []
    assert take_orders(store, ann_in_winter) == [(again, login)]


def test_who_begins_to_work_elsewhere_before_the_login_is_taken_stays_there(
    store: Store, lease: Lease, request: pytest.FixtureRequest
) -> None:
    early = put_order(store, "autumn", LogIn("ann", "phone-1", "main"))
    other = put_order(store, "autumn", LogIn("bob", "phone-2", "main"))
    request.getfixturevalue("ann_in_winter")
    assert [order_id for order_id, _ in take_orders(store, lease)] == [other]
    assert "at work in campaign 'winter'" in (answer(store, early).refused or "")


def test_a_campaign_that_is_over_holds_nobody_back(
    store: Store, lease: Lease, ann_in_winter: Lease, now: datetime
) -> None:
    campaigns.set_wanted(store, "winter", CampaignState.STOPPED, now)
    with pytest.raises(Refused):  # its worker is still there
        put_order(store, "autumn", LogIn("ann", "phone-1", "main"))
    release(store, ann_in_winter)
    put_order(store, "autumn", LogIn("ann", "phone-1", "main"))
    assert len(take_orders(store, lease)) == 1

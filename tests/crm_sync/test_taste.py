"""Which messages a receiver gets."""

import pytest

from crm_sync.taste import Taste
from storage.ids import new_id
from storage.outbox import Taken


@pytest.mark.parametrize(
    ("taste", "kinds"),
    [
        (Taste(), ["attempt.ended", "inbound.ended"]),
        (Taste(results=False, customers=True), ["customer.changed"]),
        (Taste(results=False, reminders=True), ["follow_up.due"]),
        (Taste(others=True), ["attempt.ended", "inbound.ended", "rule.acted"]),
    ],
)
def test_a_receiver_gets_what_it_has_asked_for(taste: Taste, kinds: list[str]) -> None:
    every = ("attempt.ended", "inbound.ended", "customer.changed", "follow_up.due", "rule.acted")
    told = [Taken(new_id(), kind, kind, {}, 1) for kind in every]
    assert [each.kind for each in told if taste.wants(each)] == kinds


def test_a_source_is_not_told_what_it_has_told_itself() -> None:
    told = Taken(new_id(), "customer.changed", "1", {"origin": "shop"}, 1)
    assert not Taste(customers=True, source="shop").wants(told)
    assert Taste(customers=True, source="crm").wants(told)

"""The simulator's list of leads."""

from datetime import UTC, datetime
from typing import Any

from campaigns.leads import Candidate, DialOrder
from campaigns.spec.campaign import Mode
from workers.bench.pacing_scenarios import SCENARIOS, campaign
from workers.lead_book import LeadBook

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
PREFIXES = ("+1201", "+1202", "+1203")
PLAN = campaign(SCENARIOS["segments"], Mode.PREDICTIVE, 10, 8)


def leads(book: LeadBook, count: int) -> list[Candidate]:
    return book.candidates(count, NOW)[0]


def listed(seed: int, **settings: Any) -> list[tuple[str, str]]:
    found = leads(LeadBook(PLAN, seed, **settings), 300)
    return [(lead.number, lead.segment) for lead in found]


def test_leads_of_several_segments_have_their_numbers() -> None:
    found = listed(1, prefixes=PREFIXES)
    assert all(number.startswith(segment) and len(number) == 12 for number, segment in found)
    assert len({number for number, _ in found}) == len(found)
    assert all(60 < [segment for _, segment in found].count(each) < 140 for each in PREFIXES)


def test_one_segment_is_none() -> None:
    assert listed(1, prefixes=["+"]) == listed(1)
    assert listed(1)[0] == ("+12000000000", "")


def test_the_list_is_the_same_in_whatever_order_it_is_called() -> None:
    at_once = LeadBook(PLAN, 1, prefixes=PREFIXES)
    by_turns = LeadBook(PLAN, 1, prefixes=PREFIXES)
    numbers = []
    for _ in range(20):
        found = leads(by_turns, 5)
        numbers += [lead.number for lead in found]
        by_turns.claim([DialOrder(found[0], "main", "carrier", "+12125550100")], NOW)
    assert numbers == [lead.number for lead in leads(at_once, 100)]

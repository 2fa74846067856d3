"""The filter language: what a text means, what is wrong with one, and what it is true of."""

import json
import unicodedata
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.selection.fields import Field, Kind, require
from campaigns.selection.grammar import DEEPEST, LONGEST, MOST, parse
from campaigns.selection.holds import Fact, holds
from campaigns.selection.problems import BadFilter
from campaigns.selection.text import text_of
from campaigns.selection.words import (
    All,
    Any,
    Before,
    Compare,
    Empty,
    Filter,
    How,
    Not,
    OneOf,
    Tagged,
    Within,
)

NOW = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)
FIELDS = {
    "stage": Field(Kind.TEXT, "where in the pipeline", ("potential", "high-intent", "won")),
    "city": Field(Kind.TEXT, "where"),
    "score": Field(Kind.NUMBER, "how likely"),
    "vip": Field(Kind.FLAG, "treated with care"),
    "last_call": Field(Kind.MOMENT, "when last called"),
    "custom.预算": Field(Kind.NUMBER, "budget"),
}
ANNA: dict[str, Fact] = {
    "stage": "high-intent", "city": "北京", "score": Decimal(70), "vip": True,
    "last_call": NOW - timedelta(days=4), "custom.预算": Decimal("50000.5"),
}  # fmt: skip
TAGS = ("manufacturing/equipment-purchase/budget-confirmed", "贵宾")


@pytest.mark.parametrize(
    ("text", "true"),
    [
        ('stage = "high-intent"', True),
        ('stage != "won" and score >= 70', True),
        ("score > 70", False),
        ('score < 10 or city in ("上海", "北京")', True),
        ('city begins "北" and city contains "京"', True),
        ("vip = false", False),
        ("last_call within 3d", False),
        ("last_call before 72h", True),
        ("last_call within 96h and not last_call before 4d", True),
        ("custom.预算 > 50000", True),
        ("tag manufacturing/equipment-purchase", True),
        ("tag manufacturing", True),
        ("tag manufacturing/equip", False),
        ("tag 贵宾 and stage is not empty", True),
        ("(score < 0 or vip = true) and score = 70.0", True),
        ("score < 0 or vip = true and score = 71", False),
    ],
)
def test_what_it_is_true_of(text: str, true: bool) -> None:
    filter_ = parse(text)
    require(filter_, FIELDS)
    assert holds(filter_, ANNA, TAGS, NOW) is true
    assert holds(Not(filter_), ANNA, TAGS, NOW) is not true


@pytest.mark.parametrize("text", ['stage = "won"', 'stage != "won"', "score < 1", "score != 1",
                                  "last_call within 9w", "last_call before 0m", "vip = true",
                                  'city contains ""', "tag 贵宾"])  # fmt: skip
@pytest.mark.parametrize("facts", [{}, dict.fromkeys(FIELDS), {"city": ""}])
def test_of_what_is_empty_nothing_is_true_and_so_not_is(text: str, facts: dict[str, Fact]) -> None:
    assert not holds(parse(text), facts, (), NOW)
    assert holds(Not(parse(text)), facts, (), NOW)
    assert holds(parse("stage is empty and not city is not empty"), facts, (), NOW)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "character 1: expected (, a field, not or tag (got the end)"),
        ("score", "character 6: expected a comparison"),
        ("score =", 'character 8: expected a number, a text in "quotes" or true or false'),
        ("score == 1", "character 8: expected a number"),
        ('city = "北京" score = 1', "character 13: expected and, or or the end (got 'score')"),
        ("(score = 1", "character 11: expected ) (got the end)"),
        ("city = 'x'", "character 8: expected"),
        ('city = "a\nb"', "character 8: expected"),
        ("last_call within 3", "character 18: expected a time such as 72h or 3d (got '3')"),
        ("score = 1; drop table leads", "character 10: expected"),
        ("scroe = 1", "character 1: expected a field that is known (got 'scroe'); did you mean"),
        ('stage = "wno"', "character 1: expected a value that 'stage' has (got 'wno'); did you"),
        ("score = true", "character 1: expected a number for 'score' (got True)"),
        ('vip > "a"', "character 1: expected !=, = after 'vip', which is true or false"),
        ("score within 3d", "character 1: expected a time before 'within'"),
        ('last_call = "2026"', "character 1: expected 'within 3d', 'before 3d' or 'is empty'"),
        ('city in ("北京", 3)', "character 1: expected a text for 'city' (got 3)"),
        ('tag "a//b"', "character 5: expected a tag that can be: a tag's name is empty"),
        ('city = "\ud800"', "character 9: expected characters of Unicode"),
    ],
)
def test_what_is_wrong_is_told_at_its_place(text: str, told: str) -> None:
    with pytest.raises(BadFilter) as wrong:
        require(parse(text), FIELDS)
    assert str(wrong.value).startswith(told)


@pytest.mark.parametrize(
    "text",
    [
        "(" * (DEEPEST + 1) + "score = 1" + ")" * (DEEPEST + 1),
        "not " * (MOST + 1) + "score = 1",
        "score = 1 or " * LONGEST + "score = 1",
        f"score in ({', '.join(map(str, range(MOST + 1)))})",
    ],
    ids=["brackets", "nots", "length", "values"],
)
def test_what_is_too_much_is_refused(text: str) -> None:
    with pytest.raises(BadFilter, match="at most"):
        parse(text)


NAMES = st.sampled_from(sorted(FIELDS))
TEXTS = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=20)
NUMBERS = st.decimals(-(10**9), 10**9, places=2)
PATHS = st.lists(
    st.text(st.characters(categories=("L", "N", "P"), exclude_characters="/"), min_size=1,
            max_size=9).map(lambda name: unicodedata.normalize("NFC", name)),
    min_size=1, max_size=4,
).map("/".join)  # fmt: skip
AGOS = st.integers(0, 99_999).map(lambda n: timedelta(minutes=n)) | st.integers(0, 99).map(
    lambda n: timedelta(weeks=n)
)
VALUES = TEXTS | NUMBERS | st.booleans()
LEAVES = st.one_of(
    st.builds(Compare, NAMES, st.sampled_from(sorted(set(How) - {How.CONTAINS, How.BEGINS})),
              VALUES, st.just(0)),
    st.builds(Compare, NAMES, st.sampled_from([How.CONTAINS, How.BEGINS]), TEXTS, st.just(0)),
    st.builds(OneOf, NAMES, st.lists(VALUES, min_size=1, max_size=4).map(tuple), st.just(0)),
    st.builds(Empty, NAMES, st.just(0)),
    st.builds(Within, NAMES, AGOS, st.just(0)),
    st.builds(Before, NAMES, AGOS, st.just(0)),
    st.builds(Tagged, PATHS, st.just(0)),
)  # fmt: skip
FILTERS = st.recursive(
    LEAVES,
    lambda inner: (
        st.builds(Not, inner)
        | st.lists(inner, min_size=2, max_size=4).map(lambda parts: All(tuple(parts)))
        | st.lists(inner, min_size=2, max_size=4).map(lambda parts: Any(tuple(parts)))
    ),
    max_leaves=12,
)


@given(FILTERS)
def test_a_filter_written_down_is_read_as_itself(filter_: Filter) -> None:
    text = text_of(filter_)
    if len(text) <= LONGEST:
        assert text_of(parse(text)) == text


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    wrong = refused(text)
    assert wrong is None or 1 <= wrong.at <= len(text) + 1


def refused(text: str) -> BadFilter | None:
    try:
        require(parse(text), FIELDS)
    except BadFilter as wrong:
        return wrong
    return None


@given(TEXTS)
def test_whatever_is_in_quotes_is_one_text(text: str) -> None:
    made = parse(f"city = {json.dumps(text, ensure_ascii=False)}")
    assert made == Compare("city", How.EQUAL, text, 1)

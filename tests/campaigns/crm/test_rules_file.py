"""Rules files: what one means, what is wrong with one, and rules that would go on for good."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.crm.file import load as load_crm
from campaigns.crm.rules.file import load
from campaigns.crm.rules.happening import Happened, sets_off
from campaigns.crm.rules.loops import circles
from campaigns.crm.rules.model import Rule, Rules
from campaigns.crm.rules.site import SiteWords
from campaigns.crm.tags import is_within
from campaigns.spec.errors import SpecError

EXAMPLE = Path(__file__).parents[3] / "crm_sync" / "rules.yaml"
CRM = load_crm(
    "stages: [{name: potential}, {name: high-intent}, {name: lost, closed: true}]\n"
    "intents: [A, B]\n"
    "fields: [{name: budget, type: number}, {name: industry, type: choice, choices: [制造业]}]\n"
)
SITE = SiteWords(
    [stage.name for stage in CRM.stages],
    CRM.intents,
    {field.name: field for field in CRM.fields},
    {"spring": ("spring", "autumn")},
)


def rules(*lines: str) -> str:
    return "rules:\n" + "".join(f"  - {line}\n" for line in lines)


def problems(text: str, site: SiteWords | None = SITE) -> list[str]:
    with pytest.raises(SpecError) as wrong:
        load(text, site=site)
    return [str(problem) for problem in wrong.value.problems]


def test_the_example_means_what_a_site_with_its_words_has() -> None:
    loaded = load(EXAMPLE.read_bytes(), str(EXAMPLE), SITE)
    assert [rule.name for rule in loaded.rules] == [
        "hot", "interested", "budget", "share-out", "recycle", "gone",
    ]  # fmt: skip
    assert Rules.model_validate_json(loaded.model_dump_json(by_alias=True)) == loaded


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{name: a, when: {stage: {to: won}}, do: [{tag: x}]}",
         "2:34: rules[0].when.stage.to[0]: expected a stage of the CRM file (got 'won'); there"),
        ("{name: a, when: {stage: {to: high-intend}}, do: [{tag: x}]}",
         "got 'high-intend'); did you mean 'high-intent'?"),
        ("{name: a, when: {idle: 72h, stages: [old]}, do: [{tag: x}]}", "rules[0].when.stages[0]"),
        ("{name: a, when: {call: {intent: Z}}, do: [{tag: x}]}", "expected a level of intent"),
        ("{name: a, when: {created: true}, do: [{owner: []}]}", "owner: expected at least 1 entry"),
        ("{name: a, when: {created: true}, do: [{pool: false}]}", "expected true (got false)"),
        ("{name: a, when: {field: size}, do: [{tag: x}]}", "expected a field of the CRM file"),
        ("{name: a, when: {field: industry, at_least: 3}, do: [{tag: x}]}", "field of type number"),
        ("{name: a, when: {field: industry, equals: 农业}, do: [{tag: x}]}", "one of 制造业"),
        ("{name: a, when: {created: true}, do: [{set: budget, value: much}]}", "expected a number"),
        ("{name: a, when: {created: true}, do: [{stage: won}]}", "rules[0].do[0].stage: expected"),
        ("{name: a, when: {created: true}, do: [{campaign: winter}]}",
         "expected a campaign that was applied (got 'winter'); there are: spring"),
        ("{name: a, when: {created: true}, do: [{campaign: spring, list: summer}]}",
         "expected a list of the campaign (got 'summer'); there are: spring, autumn"),
        ("{name: a, when: {created: true}, if: custom.size > 3, do: [{tag: x}]}",
         "rules[0].if: at character 1, expected a field that is known (got 'custom.size')"),
        ('{name: a, when: {created: true}, if: stage = "won", do: [{tag: x}]}',
         "expected a value that 'stage' has (got 'won')"),
        ("{name: a, when: {created: true}, if: score > 3, do: [{tag: x}]}",
         "rules[0].if: expected a filter over customers; at character 1 of it"),
        ("{name: a, when: {created: false}, do: [{tag: x}]}", "rules[0].when.created: expected"),
        ("{name: a, when: {idle: 5s}, do: [{tag: x}]}", "expected at least 60"),
        ("{name: a, when: {stage: {}}, do: [{tag: x}]}", "expected 'from', 'to' or both"),
        ("{name: a, when: {tag_added: a//b}, do: [{tag: x}]}", "expected a tag such as"),
        ("{name: a, when: {stage: {to: lost}, idle: 3h}, do: [{tag: x}]}", "expected only one of"),
        ("{name: a, when: {stage: {to: lost}}, do: [{tags: x}]}", "did you mean 'tag'?"),
        ("{name: a, when: {stage: {to: lost}}, do: [{owner: [a b]}]}", "rules[0].do[0].owner[0]"),
        ("{name: a, when: {stage: {to: lost}}, do: []}", "expected at least 1 entry"),
        ("{name: a, when: {stage: {to: lost}}}", "rules[0].do: expected this key"),
        ("{name: a, when: {stage: {to: lost}}, do: [{tag: x}], enabled: true}", "unknown key"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_at_its_place(line: str, told: str) -> None:
    [problem, *others] = problems(rules(line))
    assert told in problem, problem
    assert others == []
    assert problem.startswith("rules.yaml:2:")


def test_all_that_is_wrong_is_told_at_once() -> None:
    text = rules(
        "{name: a, when: {stage: {to: won}}, do: [{tag: x}, {stage: gone}]}",
        "{name: a, when: {idle: 3h}, do: [{tag: x}]}",
    )
    assert problems(text) == [
        "rules.yaml:3:12: rules[1].name: expected another name, 'a' is taken above"
    ]
    assert len(problems(text.replace("name: a, when: {idle", "name: b, when: {idle"))) == 2


def up(name: str, to: str, then: str) -> str:
    return f"{{name: {name}, when: {{stage: {{to: {to}}}}}, do: [{{stage: {then}}}]}}"


def test_a_circle_is_told_with_all_its_rules_and_lines() -> None:
    text = rules(
        "{name: other, when: {created: true}, do: [{stage: potential}]}",
        up("up", "potential", "high-intent"),
        "{name: x, when: {stage: {to: high-intent}}, do: [{tag: 高意向}, {stage: lost}]}",
        "{name: y, when: {stage: {from: high-intent, to: lost}}, do: [{stage: potential}]}",
    )
    assert problems(text) == [
        "rules.yaml:3:53: rules[1].do[0]: expected rules that come to an end (got a circle: "
        "'up' (line 3) moves to the stage 'high-intent', which sets off 'x' (line 4), "
        "'x' (line 4) moves to the stage 'lost', which sets off 'y' (line 5), "
        "'y' (line 5) moves to the stage 'potential', which sets off 'up' (line 3) again); "
        "take one of these actions out, or let it lead elsewhere"
    ]


SYNC = (
    "{name: a, when: {tag_added: 高意向}, do: [{stage: high-intent}]}",
    "{name: b, when: {stage: {to: high-intent}}, do: [{tag: 高意向/热}]}",
)


@pytest.mark.parametrize(
    "lines",
    [
        (up("a", "potential", "high-intent"), up("b", "high-intent", "lost")),
        (up("a", "potential", "potential"),),
        ("{name: a, when: {stage: {from: potential, to: high-intent}}, do: [{stage: lost}]}",
         "{name: b, when: {stage: {from: potential, to: lost}}, do: [{stage: high-intent}]}"),
        SYNC,  # who has both keeps both: nothing changes any more
        (*SYNC, "{name: c, when: {tag_removed: 高意向}, do: [{remind: 1h}]}"),
        ("{name: a, when: {field: budget}, do: [{set: budget, value: 5}]}",),
        ("{name: a, when: {tag_added: a}, do: [{untag: b}]}",
         "{name: b, when: {tag_removed: b}, do: [{tag: c}]}"),
        ("{name: a, when: {tag_added: a/x}, do: [{untag: a/x}]}",
         "{name: b, when: {tag_removed: a}, do: [{tag: a/y}]}"),
        ("{name: a, when: {idle: 1h}, do: [{pool: true}]}",),
    ],
)  # fmt: skip
def test_rules_that_come_to_an_end_are_no_loop(lines: tuple[str, ...]) -> None:
    assert load(rules(*lines))


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        ((up("a", "potential", "lost"), up("b", "lost", "potential")), "ab"),
        (("{name: a, when: {stage: {to: lost}}, do: [{stage: potential}, {stage: lost}]}",), "a"),
        (("{name: a, when: {tag_added: a}, do: [{stage: high-intent}]}",
          "{name: b, when: {stage: {to: high-intent}}, do: [{untag: a}, {tag: a}, {stage: lost}]}"),
         "ab"),
        (("{name: a, when: {tag_added: a}, do: [{untag: a}]}",
          "{name: b, when: {tag_removed: a}, do: [{tag: a/b}]}"), "ab"),
        (("{name: a, when: {tag_added: a/b}, do: [{untag: a}, {tag: a/b}]}",), "a"),
        (("{name: a, when: {field: budget, at_least: 10}, do: [{set: budget, value: 5}]}",
          "{name: b, when: {field: budget, at_most: 9}, do: [{set: budget, value: 50}]}"), "ab"),
        # each by itself comes to an end; with a change of both kinds on its way they fight for good
        (("{name: a, when: {field: budget, at_least: 10}, do: [{set: budget, value: 100}]}",
          "{name: b, when: {field: budget, at_most: 9}, do: [{set: budget, value: 5}]}"), "ab"),
        (("{name: a, when: {field: budget}, do: [{set: budget, value: 5}]}",
          "{name: b, when: {field: budget}, do: [{set: budget, value: null}]}"), "a"),
    ],
)  # fmt: skip
def test_rules_that_go_on_for_good_are_refused(lines: tuple[str, ...], names: str) -> None:
    problem, *_ = problems(rules(*lines), None)
    for name in names:
        assert f"'{name}' (line " in problem


# --- as rules run: whatever the file, what is let through comes to an end -------------------------

STAGES, TAGS, VALUES = ("A", "B", "C"), ("a", "a/b", "c"), (None, 1, 2)
TRIGGERS = st.one_of(
    st.builds(
        lambda before, to: {"stage": {"from": before, "to": to}},
        st.lists(st.sampled_from(STAGES), max_size=2, unique=True),
        st.lists(st.sampled_from(STAGES), min_size=1, max_size=2, unique=True),
    ),
    st.builds(lambda tag: {"tag_added": tag}, st.sampled_from(TAGS)),
    st.builds(lambda tag: {"tag_removed": tag}, st.sampled_from(TAGS)),
    st.builds(lambda low: {"field": "f", "at_least": low}, st.sampled_from((None, 1, 2))),
)
ACTIONS = st.one_of(
    st.builds(lambda stage: {"stage": stage}, st.sampled_from(STAGES)),
    st.builds(lambda tag: {"tag": tag}, st.sampled_from(TAGS)),
    st.builds(lambda tag: {"untag": tag}, st.sampled_from(TAGS)),
    st.builds(lambda value: {"set": "f", "value": value}, st.sampled_from(VALUES)),
)
MADE = st.lists(
    st.builds(
        lambda trigger, actions: Rule.model_validate({"name": "r", "when": trigger, "do": actions}),
        TRIGGERS,
        st.lists(ACTIONS, min_size=1, max_size=2),
    ),
    min_size=1,
    max_size=5,
)
MOST = 3000  # so often no rules act that come to an end


class Person:
    """A customer as far as these rules go."""

    def __init__(self) -> None:
        self.has: dict[str, object] = {"stage": "A", "field.f": None}
        self.tags = {"a", "c"}

    def hear(self, told: Happened) -> Happened:
        if told.what == "tag":
            self.tags ^= {told.new or told.old}
        else:
            self.has[told.what] = told.new
        return told

    def act(self, action: object) -> list[Happened]:
        """What an action changes."""
        told = dict(action)  # type: ignore[call-overload]
        if "untag" in told:
            gone = sorted(tag for tag in self.tags if is_within(tag, told["untag"]))
            return [self.hear(Happened("tag", tag, None)) for tag in gone]
        if "tag" in told:
            new = [] if told["tag"] in self.tags else [told["tag"]]
            return [self.hear(Happened("tag", None, tag)) for tag in new]
        what, value = ("stage", told["stage"]) if "stage" in told else ("field.f", told["value"])
        same = self.has[what] == value
        return [] if same else [self.hear(Happened(what, self.has[what], value))]


def times(made: list[Rule], told: list[Happened]) -> int:
    """How often rules act, one change after another as the job heeds them."""
    person, acted = Person(), 0
    waiting = [person.hear(each) for each in told]
    while waiting and acted < MOST:
        happened = waiting.pop(0)
        for rule in made:
            if sets_off(rule.when, [happened]):
                acted += 1
                waiting += [each for action in rule.do for each in person.act(action)]
    return acted


@given(MADE, st.sampled_from(STAGES[1:]), st.sampled_from(VALUES[1:]))
def test_what_is_no_loop_comes_to_an_end(made: list[Rule], stage: str, value: int) -> None:
    told = [
        Happened("stage", "A", stage),
        Happened("field.f", None, value),
        Happened("tag", None, "a/b"),
        Happened("tag", "c", None),
    ]
    if not circles(made):
        assert times(made, told) < MOST

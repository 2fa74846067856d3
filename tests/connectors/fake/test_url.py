"""The URL of a fake PBX, and what is said of a wrong one."""

from pathlib import Path

import pytest

from connectors.fake.presets import PRESETS, preset, settings_of, world_from
from connectors.fake.url import OPTIONS, read
from connectors.fake.world import Segment, World
from connectors.pbx import PbxError, open_pbx


def test_a_bare_url_is_the_default_world() -> None:
    asked = read("fake://")
    assert asked.world == preset("default")
    assert (asked.seed, asked.speed) == (1, None)


def test_options_change_what_they_name_and_nothing_else() -> None:
    asked = read("fake://demo?seed=7&answer=0.35&talk=90&cps=3&speed=20")
    demo = preset("demo")
    assert (asked.seed, asked.speed) == (7, 20)
    assert asked.world.segments[0].human == 0.35
    assert asked.world.segments[0].machine == demo.segments[0].machine
    assert (asked.world.customers.talk.mean, asked.world.customers.talk.cv) == (90, 0.6)
    assert asked.world.other_trunk is not None
    assert asked.world.other_trunk.calls_per_second == 3


def test_a_trunk_option_opens_a_world_that_knew_only_its_own() -> None:
    world = read("fake://lab?channels=4").world
    assert world.other_trunk is not None
    assert world.other_trunk.channels == 4


@pytest.mark.parametrize("name", PRESETS)
def test_settings_and_worlds_are_the_same_thing(name: str) -> None:
    assert world_from(settings_of(preset(name))) == preset(name)


@pytest.mark.parametrize("option", OPTIONS)
def test_every_option_is_about_a_setting_that_exists(option: str) -> None:
    value = {"presses": "9", "by_last_digit": "true", "channels": "7", "inbound_line": "vip"}.get(
        option, "0.013"
    )
    assert read(f"fake://default?{option}={value}").world != preset("default")


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("fake://nowhere", "there is no world 'nowhere'; use one of busy, default"),
        ("fake://demo?anwser=0.3", "'anwser' is not an option of a fake PBX; did you mean 'ans"),
        ("fake://demo?xyzzy=1", "'xyzzy' is not an option of a fake PBX; use one of agent_"),
        ("fake://demo?answer=2", "answer: input should be less than or equal to 1"),
        ("fake://demo?answer=high", "answer: input should be a valid number"),
        ("fake://demo?answer=0.9", "the shares of segment '+' add up to more than 1"),
        ("fake://demo?seed=x", "seed='x' is not a number"),
        ("fake://demo?seed=1&seed=2", "'seed' is given twice"),
        ("fake://demo?speed=0", "speed=0 is not above 0 and at most 10000"),
        ("fake://demo?speed=nan", "speed=nan is not above 0 and at most 10000"),
        ("fake://demo?a%0d%0ab=1", r"'a\r\nb' is not an option"),
        ("fake://demo:5038", "a fake PBX has no host or path"),
        ("fake://demo/x", "a fake PBX has no host or path"),
    ],
)
def test_a_wrong_url_gets_one_sentence(url: str, sentence: str) -> None:
    with pytest.raises(PbxError) as wrong:
        open_pbx("main", url)
    text = str(wrong.value)
    assert text.startswith(f"PBX 'main': {sentence}") or sentence in text
    assert text.isprintable()


def test_an_unknown_setting_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"customers\.tlak: unexpected keyword"):
        world_from({"customers": {"tlak": 3}})


def test_two_segments_may_not_have_one_prefix() -> None:
    with pytest.raises(ValueError, match="same prefix"):
        World(segments=(Segment(), Segment()))


def test_expectations_come_from_the_segment() -> None:
    expected = World().expected()
    assert expected.answered_by_human == 0.3
    assert expected.seconds_to_answer == pytest.approx(13.8)
    assert expected.talk_seconds == 120


def test_the_document_names_every_world_and_option() -> None:
    text = (Path(__file__).parents[3] / "docs/fake-pbx.md").read_text("utf-8")
    for name in (*PRESETS, *OPTIONS, "seed", "speed"):
        assert f"`{name}`" in text, name

"""Campaign files: what is read, and every way in which a file is wrong, told with its place."""

import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.outcomes import Outcome
from campaigns.spec.campaign import Campaign, Mode
from campaigns.spec.errors import SpecError
from campaigns.spec.file import load
from campaigns.spec.guard import MAX_BYTES
from campaigns.spec.pacing import Blocks
from campaigns.spec.schema import schema
from campaigns.spec.types import Part

GOOD = """\
# a comment
name: spring
mode: predictive
pbx: [main, spare]
trunks:
  - name: carrier
    channels: 30
    pbx: [main, spare]
caller_ids: ["+12125550100"]
agents: {teams: [sales]}
leads: {list: spring}
windows:
  hours:
    - days: [mon, tue]
      from: 09:00
      to: 24:00
dispositions:
  - name: sale
    success: true
  - {name: callback, retry: {attempts: 3, delay: 1d}}
"""


def problems(source: str | bytes) -> list[str]:
    with pytest.raises(SpecError) as wrong:
        load(source, "c.yaml")
    lines = str(wrong.value).splitlines()
    assert len(lines) == len(wrong.value.problems)  # one line each
    return lines


def test_a_good_file_is_read() -> None:
    campaign = load(GOOD)
    assert (campaign.name, campaign.mode) == ("spring", Mode.PREDICTIVE)
    assert campaign.dispositions[1].retry is not None
    assert campaign.dispositions[1].retry.delay == 86400
    assert Campaign.model_validate_json(campaign.model_dump_json()) == campaign


def test_mode_ivr_needs_a_flow_and_no_agents() -> None:
    ivr = GOOD.replace("predictive", "ivr\nflow: survey").replace("agents: {teams: [sales]}\n", "")
    campaign = load(ivr)
    assert (campaign.flow, campaign.agents.anybody) == ("survey", False)
    assert Campaign.model_validate_json(campaign.model_dump_json()) == campaign


@pytest.mark.parametrize("source", [GOOD.replace("\n", "\r\n"), "\ufeff" + GOOD, GOOD.encode()])
def test_line_ends_and_byte_order_marks_are_no_matter(source: str | bytes) -> None:
    assert load(source) == load(GOOD)


def test_a_mix_of_lists_is_read_and_kept() -> None:
    mixed = "{mix: {spring: 70%, autumn: 30%}, filter: 'custom.budget > 9'}"
    campaign = load(GOOD.replace("{list: spring}", mixed))
    assert campaign.leads.lists == ("autumn", "spring")
    assert campaign.leads.mix == {"spring": 0.7, "autumn": 0.3}
    assert Campaign.model_validate_json(campaign.model_dump_json()) == campaign


def test_yaml_1_2_leaves_words_alone() -> None:
    campaign = load(GOOD.replace("name: spring", "name: NO").replace("list: spring", "list: off"))
    assert (campaign.name, campaign.leads.list) == ("NO", "off")


SHAPES: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", "1:1: campaign: expected keys and values such as 'name: spring' (got nothing)"),
    "only a comment": ("# x\n", "1:1: campaign: expected keys and values such as"),
    "a list": ("- a\n", "1:1: campaign: expected keys and values such as"),
    "a word": ("hello", "1:1: campaign: expected keys and values such as"),
    "not UTF-8": ("name: käse".encode("latin-1"), "1:8: YAML: expected UTF-8 (got the byte 0xe4)"),
    "UTF-16": ("name: x".encode("utf-16"), "1:1: YAML: expected UTF-8 (got the byte 0xff)"),
    "NUL": ("name: a\n b\0", "2:3: YAML: expected text (got the control character 0x00)"),
    "bell": ("name: a\nmode: \a", "2:7: YAML: expected text (got the control character 0x07)"),
    "a tab": (GOOD.replace("  hours", "\thours"), "13:1: YAML: expected spaces (got a tab)"),
    "two colons": (
        GOOD.replace("name: spring", "name: spring: x"),
        "2:13: YAML: expected a value (got another ':')",
    ),
    "an open quote": (GOOD + "x: 'y\n", "22:1: YAML: expected a closing quote (got the end"),
    "an open list": (GOOD + "x: [1\n", "22:1: YAML: expected ',' or ']', but got '<stream end>'"),
    "a deeper line": (GOOD + "   z: 1\n", "21:4: YAML: expected the end of the part above"),
    "two documents": (GOOD + "---\n" + GOOD, "21:1: YAML: expected one document (got a second"),
    "too long": (
        "a: " + "x" * MAX_BYTES,
        "1:1: YAML: expected a file of at most 256 KiB (got more)",
    ),
    "nested flow": (
        "a: " + "[" * 30,
        "1:23: YAML: expected at most 20 levels of nesting (got more",
    ),
    "nested blocks": (
        "\n".join(" " * i + "a:" for i in range(600)),
        "21:21: YAML: expected at most 20 levels of nesting (got more)",
    ),
    "deepest": ("[" * 200_000, "1:21: YAML: expected at most 20 levels of nesting (got more)"),
    "many keys": (
        "\n".join(f"k{i}: 1" for i in range(20_000)),
        "2500:8: YAML: expected at most 5000 values (got more)",
    ),
    "many values": ("[" + "1," * 100_000 + "]", "YAML: expected at most 5000 values (got more)"),
    "a huge number": (
        GOOD.replace("30", "9" * 5000),
        "7:15: YAML: expected a number of at most 40 digits (got more)",
    ),
    "an anchor": (GOOD + "x: &a 1\n", "21:4: YAML: expected no anchor (got '&a')"),
    "an alias": ("a: &a [x]\nb: [*a, *a]\n", "2:5: YAML: expected no alias (got '*a')"),
    "a tag": ("a: !!python/object:os.system x\n", "1:4: YAML: expected no tag (got 'tag:yaml.org"),
    "an unknown tag": ("a: !x y\n", "1:4: YAML: expected no tag (got '!x')"),
    "a merge": ("<<: {a: 1}\n", "1:1: YAML: expected no merge (got '<<')"),
    "another YAML": ("%YAML 1.1\n---\n" + GOOD, "2:1: YAML: expected no directive"),
    "a list as key": ("? [a]\n: b\n", "1:3: YAML: expected a word as the key"),
    "half a character as key": (
        GOOD + '"\\ud800": 1\n',
        "21:1: YAML: expected a word as the key (got '\\ud800'); remove it",
    ),
    "a key twice": (
        GOOD + "name: x\n",
        "21:1: YAML: key 'name' is here twice (first in line 2); remove one",
    ),
}


@pytest.mark.parametrize("name", SHAPES)
def test_what_is_no_campaign_at_all_is_refused_with_its_place(name: str) -> None:
    source, expected = SHAPES[name]
    began = time.process_time()
    lines = problems(source)
    assert time.process_time() - began < 4
    assert any(expected in line for line in lines), lines
    assert all(line.startswith("c.yaml:") for line in lines)


def test_a_bomb_is_refused_before_anything_is_built() -> None:
    layers = [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]
    bomb = "a0: &a0 [x, x, x, x]\n" + "\n".join(layers)
    began = time.process_time()
    assert (
        problems(bomb)[0] == "c.yaml:1:5: YAML: expected no anchor (got '&a0'); write the value out"
    )
    assert time.process_time() - began < 4


def changed(*pairs: tuple[str, str], more: str = "") -> str:
    text = GOOD + more
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return text


FIELDS = {
    "an unknown key": (
        changed(("windows:", "windws:")),
        "c.yaml:12:1: windws: unknown key 'windws'; did you mean 'windows'?",
    ),
    "an unknown key within": (
        changed(("channels", "chanels")),
        "c.yaml:7:5: trunks[0].chanels: unknown key 'chanels'; did you mean 'channels'?",
    ),
    "a strange key": (
        changed(more="recording: {colour: red}\n"),
        "c.yaml:21:13: recording.colour: unknown key 'colour'; known keys: enabled",
    ),
    "a missing key": (
        changed(("agents: {teams: [sales]}\n", "")),
        "c.yaml:2:1: agents: expected this key (got nothing); who takes the calls",
    ),
    "a choice": (
        changed(("predictive", "predicitve")),
        "c.yaml:3:7: mode: expected one of predictive, progressive, power, preview, ivr "
        "(got 'predicitve'); did you mean 'predictive'?",
    ),
    "an empty part": (
        changed(("agents: {teams: [sales]}", "agents:")),
        "c.yaml:10:1: agents: expected keys and values (got nothing)",
    ),
    "a word for a list": (
        changed(
            ("pbx: [main, spare]\ntrunks", "pbx: main\ntrunks"), ("    pbx: [main, spare]\n", "")
        ),
        "c.yaml:4:6: pbx: expected a list (got 'main'); "
        "begin each entry with '- ', or write [a, b]",
    ),
    "limits of an unknown node": (
        changed(("\ntrunks:", "\nnodes: {spar: {channels: 50}}\ntrunks:")),
        "c.yaml:5:9: nodes.spar: expected a node of the campaign's 'pbx': main, spare "
        "(got 'spar'); did you mean 'spare'?",
    ),
    "an empty list": (
        changed(('["+12125550100"]', "[]")),
        "c.yaml:9:1: caller_ids: expected at least 1 entry (got an empty list)",
    ),
    "a number without quotes": (
        changed(('"+12125550100"', "+12125550100")),
        "c.yaml:9:14: caller_ids[0]: expected a number in E.164 within quotes, "
        'such as "+12125550100" (got 12125550100)',
    ),
    "a half": (
        changed(("channels: 30", "channels: 2.5")),
        "c.yaml:7:15: trunks[0].channels: expected a whole number (got 2.5)",
    ),
    "true for a number": (
        changed(("channels: 30", "channels: true")),
        "c.yaml:7:15: trunks[0].channels: expected a whole number (got true)",
    ),
    "too few": (
        changed(("channels: 30", "channels: 0")),
        "c.yaml:7:15: trunks[0].channels: expected at least 1 (got 0)",
    ),
    "no number": (
        changed(("channels: 30", "channels: 30\n    weight: .nan")),
        "c.yaml:8:13: trunks[0].weight: expected a finite number (got nan)",
    ),
    "a duration": (
        changed(("delay: 1d", "delay: tomorrow")),
        "c.yaml:20:50: dispositions[1].retry.delay: "
        "expected a duration such as 30s, 10m, 2h or 1d (got 'tomorrow')",
    ),
    "no share of the agents": (
        changed(("{teams: [sales]}", "{teams: [sales], share: 0}")),
        "c.yaml:10:33: agents.share: expected more than 0 (got 0)",
    ),
    "a share of the agents in words": (
        changed(("{teams: [sales]}", "{teams: [sales], share: half}")),
        "c.yaml:10:33: agents.share: expected a number (got 'half')",
    ),
    "a share": (
        changed(more="abandonment: {limit: lots}\n"),
        "c.yaml:21:22: abandonment.limit: expected a share such as 3% or 0.03 (got 'lots')",
    ),
    "a window": (
        changed(more="abandonment: {window: week}\n"),
        "c.yaml:21:23: abandonment.window: expected 'day', or blocks of days such as "
        "{days: 30, from: 2026-11-02} (got 'week')",
    ),
    "no window": (
        changed(more="abandonment: {window: null}\n"),
        "c.yaml:21:15: abandonment.window: expected 'day', or blocks of days such as "
        "{days: 30, from: 2026-11-02} (got nothing)",
    ),
    "a window too long": (
        changed(more="abandonment: {window: {days: 31, from: 2026-11-02}}\n"),
        "c.yaml:21:30: abandonment.window.days: expected at most 30 (got 31)",
    ),
    "a window of no known day": (
        changed(more="abandonment: {window: {days: 30, from: 2026-11-31}}\n"),
        "c.yaml:21:40: abandonment.window.from: expected a date such as 2026-11-02 "
        "(got '2026-11-31')",
    ),
    "a window without its first day": (
        changed(more="abandonment: {window: {days: 30}}\n"),
        "c.yaml:21:15: abandonment.window.from: expected this key (got nothing); "
        "the campaign's first day, by its clock",
    ),
    "a key that no window has": (
        changed(more="abandonment: {window: {days: 30, form: 2026-11-02}}\n"),
        "c.yaml:21:34: abandonment.window.form: unknown key 'form'; did you mean 'from'?",
    ),
    "a short ring": (
        changed(more="ring: 5s\n"),
        "c.yaml:21:7: ring: expected at least 15 (got 5.0)",
    ),
    "a call cut short too soon": (
        changed(more="pacing: {cancel_after: 14s}\n"),
        "c.yaml:21:24: pacing.cancel_after: expected at least 15s of ringing, "
        "the legal minimum of 16 CFR 310.4(b)(4)(ii) (got '14s')",
    ),
    "an hour": (
        changed(("from: 09:00", "from: 9")),
        "c.yaml:15:13: windows.hours[0].from: expected a time of day such as 09:00 (got 9)",
    ),
    "a late hour": (
        changed(("to: 24:00", "to: 25:00")),
        "c.yaml:16:11: windows.hours[0].to: expected a time of day such as 20:00, "
        "or 24:00 for the end of the day (got '25:00')",
    ),
    "hours backwards": (
        changed(("to: 24:00", "to: 08:00")),
        "c.yaml:14:7: windows.hours[0]: expected 'from' before 'to'; "
        "write two entries to cross midnight",
    ),
    "a day": (
        changed(("[mon, tue]", "[mon, tues]")),
        "c.yaml:14:19: windows.hours[0].days[1]: expected one of mon, tue, wed, thu, fri, sat, sun "
        "(got 'tues'); did you mean 'tue'?",
    ),
    "a zone": (
        changed(("windows:\n", "windows:\n  timezone: Europe/Atlantis\n")),
        "c.yaml:13:13: windows.timezone: expected 'customer' or an IANA time zone "
        "such as Europe/Berlin (got 'Europe/Atlantis')",
    ),
    "a trunk with dialplan characters": (
        changed(("name: carrier", 'name: "carrier&PJSIP/x"')),
        "c.yaml:6:11: trunks[0].name: expected a name of letters, digits, '-' and '_' "
        "(at most 64, a letter or digit first) (got 'carrier&PJSIP/x')",
    ),
    "text": (
        changed(more="scripts: {opening: 3}\n"),
        "c.yaml:21:20: scripts.opening: expected text (got 3); put it in quotes",
    ),
    "a script's name": (
        changed(more="scripts: {'no good': x}\n"),
        "c.yaml:21:11: scripts.'no good': expected a name of letters, digits, '-' and '_' "
        "(at most 64, a letter or digit first) as the key",
    ),
    "escapes in a key": (
        changed(more='"a\\e[31m\\n": 1\n'),
        "c.yaml:21:1: 'a\\x1b[31m\\n': unknown key 'a\\x1b[31m\\n'; known keys: name, mode",
    ),
    "an outcome": (
        changed(more="retry: {outcomes: {busi: {attempts: 1}}}\n"),
        "c.yaml:21:20: retry.outcomes.busi: expected one of connected, abandoned",
    ),
    "no agents": (
        changed(("{teams: [sales]}", "{skills: [de]}")),
        "c.yaml:10:1: agents: expected at least one agent under 'names' or one team under 'teams'",
    ),
    "a target above the limit": (
        changed(more="abandonment: {limit: 3%, target: 5%}\n"),
        "c.yaml:21:1: abandonment: expected target (0.05) not above limit (0.03)",
    ),
    "a message without a name": (
        changed(more="amd: {enabled: true, machine: message}\n"),
        "c.yaml:21:1: amd: expected the key 'message' (the recording to play) "
        "for the action 'message'",
    ),
    "ivr without a flow": (
        changed(("predictive", "ivr")),
        "c.yaml:2:1: flow: expected this key (got nothing); "
        "in mode ivr, the flow that answered calls go through",
    ),
    "a flow in another mode": (
        changed(more="flow: survey\n"),
        "c.yaml:21:1: flow: expected no flow in mode predictive; calls go through one in mode ivr",
    ),
    "callers and nobody for them": (
        changed(
            ("predictive", "ivr\nflow: survey"),
            ("agents: {teams: [sales]}\n", ""),
            more="inbound: {lines: [support]}\n",
        ),
        "c.yaml:21:1: inbound: expected 'agents' in a campaign that customers may call in to; "
        "they get one of its agents",
    ),
    "detection in preview": (
        changed(("predictive", "preview"), more="amd: {enabled: true}\n"),
        "c.yaml:21:16: amd.enabled: expected false in mode preview (got true); "
        "the agent hears who picks up",
    ),
    "a trunk twice": (
        changed(("trunks:\n", "trunks:\n  - {name: carrier, channels: 1}\n")),
        "c.yaml:7:11: trunks[1].name: expected a name only once (got 'carrier' again)",
    ),
    "an agent twice": (
        changed(("{teams: [sales]}", "{names: [ann, bob, ann]}")),
        "c.yaml:10:28: agents.names[2]: expected a name only once (got 'ann' again)",
    ),
    "a disposition twice": (
        changed(("name: callback", "name: sale")),
        "c.yaml:20:12: dispositions[1].name: expected a name only once (got 'sale' again)",
    ),
    "an unknown node": (
        changed(("    pbx: [main, spare]", "    pbx: [man, spare, main]")),
        "c.yaml:8:11: trunks[0].pbx[0]: expected a node of the campaign's 'pbx': main, spare "
        "(got 'man'); did you mean 'main'?",
    ),
    "a node without a trunk": (
        changed(("    pbx: [main, spare]", "    pbx: [main]")),
        "c.yaml:4:13: pbx[1]: expected a trunk that reaches this node (got none for 'spare'); "
        "name it in a trunk's 'pbx', or remove it here",
    ),
    "a limit that is none": (
        changed(more="abandonment: {limit: 1}\n"),
        "c.yaml:21:22: abandonment.limit: expected at most 0.2 (got 1); "
        "one in a hundred is written 1%",
    ),
    "an answer within an hour": (
        changed(more="abandonment: {answer_within: 1h}\n"),
        "c.yaml:21:30: abandonment.answer_within: expected at most 10 (got 3600.0)",
    ),
    "a preview of no time": (
        changed(more="pacing: {preview_seconds: 0}\n"),
        "c.yaml:21:27: pacing.preview_seconds: expected at least 5 (got 0)",
    ),
    "half a character": (
        changed(("success: true", 'label: "\\ud800"')),
        "c.yaml:19:12: dispositions[0].label: expected text in Unicode",
    ),
    "a label that paints": (
        changed(("success: true", 'label: "\\e[31mSold"')),
        "c.yaml:19:12: dispositions[0].label: expected text in one line, "
        "without control characters (got '\\x1b[31mSold')",
    ),
    "a script that paints": (
        changed(more='scripts: {opening: "a\\nb\\rc"}\n'),
        "c.yaml:21:20: scripts.opening: expected text without control characters "
        "other than new lines and tabs (got 'a\\nb\\rc')",
    ),
    "a list and a mix": (
        changed(("{list: spring}", "{list: spring, mix: {autumn: 100%}}")),
        "c.yaml:11:23: leads.mix: expected none beside 'list'; remove one",
    ),
    "neither a list nor a mix": (
        changed(("{list: spring}", "{order: lifo}")),
        "c.yaml:11:1: leads.list: expected this key (got nothing); the lead list; or 'mix'",
    ),
    "a mix that is not the whole": (
        changed(("{list: spring}", "{mix: {spring: 70%, autumn: 20%}}")),
        "c.yaml:11:9: leads.mix: expected shares that are 100% together (got 90.0000%)",
    ),
    "a filter that is none": (
        changed(("{list: spring}", "{list: spring, filter: score >=}")),
        "c.yaml:11:31: leads.filter: expected a filter; at character 9 of it, expected a number",
    ),
    "a filter of an unknown field": (
        changed(("{list: spring}", "{list: spring, filter: stag is empty}")),
        "c.yaml:11:31: leads.filter: expected a filter; at character 1 of it, expected a field "
        "that is known (got 'stag'); did you mean 'stage'?",
    ),
    "an unknown default": (
        changed(more="default_disposition: sael\n"),
        "c.yaml:21:22: default_disposition: expected one of the dispositions: sale, callback "
        "(got 'sael'); did you mean 'sale'?",
    ),
    "a disposition named like an outcome": (
        changed(("name: sale", "name: busy")),
        "c.yaml:18:11: dispositions[0].name: expected another name than an outcome's (got 'busy'); "
        "the dialler files calls under it by itself; see 'retry.outcomes'",
    ),
    "final, and again": (
        changed(("name: callback,", "name: callback, final: true,")),
        "c.yaml:20:35: dispositions[1].retry: expected no 'retry' beside 'final: true'; remove one",
    ),
    "never, and again": (
        changed(("success: true", "do_not_call: true\n    final: false")),
        "c.yaml:20:12: dispositions[0].final: expected true beside 'do_not_call: true' "
        "(got false); remove one",
    ),
    "a machine that buys": (
        changed(("success: true", "success: true\n    machine: true")),
        "c.yaml:19:5: dispositions[0].success: expected no 'success: true' beside "
        "'machine: true'; remove one",
    ),
    "a machine that forbids": (
        changed(("success: true", "do_not_call: true\n    machine: true")),
        "c.yaml:19:5: dispositions[0].do_not_call: expected no 'do_not_call: true' beside "
        "'machine: true'; remove one",
    ),
    "a machine by default": (
        changed(("success: true", "machine: true"), more="default_disposition: sale\n"),
        "c.yaml:21:22: default_disposition: expected a disposition without 'machine: true' "
        "(got 'sale'); only an agent can say that a machine answered",
    ),
}


@pytest.mark.parametrize("name", FIELDS)
def test_each_wrong_field_is_told_in_one_line(name: str) -> None:
    source, expected = FIELDS[name]
    lines = problems(source)
    assert len(lines) == 1, lines
    assert lines[0].startswith(expected)


def test_all_problems_are_told_at_once_in_the_order_of_the_file() -> None:
    source = changed(
        ("predictive", "predicitve"),
        ("channels: 30", "channels: many"),
        ("windows:", "windws:"),
        more="abandonment: {limit: 3%, target: 5%, foo: 1}\ndefault_disposition: sael\n",
    )
    lines = problems(source)
    places = [line.split(": ")[1] for line in lines]
    assert places == [
        "mode",
        "trunks[0].channels",
        "windws",
        "abandonment",
        "abandonment.foo",
        "default_disposition",
    ]


def test_a_wrong_value_is_told_beside_a_key_that_looks_like_it() -> None:
    lines = problems(changed(("{teams: [sales]}", "5"), more="agentsx: 1\n"))
    assert [line.split(": ", 1)[1] for line in lines] == [
        "agents: expected keys and values (got 5)",
        "agentsx: unknown key 'agentsx'; did you mean 'agents'?",
    ]


@pytest.mark.parametrize(
    ("old", "new", "more"),
    [
        ("", "", "abandonment: {limit: 300%, target: 5%}\n"),
        ("", "", "abandonment: {limit: 2%, target: lots}\n"),
        ("", "", "amd: {machine: message, message: 'no good'}\n"),
        ("{teams: [sales]}", "{teams: 5}", ""),
        ("to: 24:00", "to: 99", ""),
    ],
)
def test_a_wrong_value_makes_no_second_sentence_about_its_part(
    old: str, new: str, more: str
) -> None:
    assert len(problems(changed((old, new), more=more))) == 1


def test_repeated_keys_and_broken_syntax_are_told_together() -> None:
    lines = problems(GOOD + "name: x\nmode: y\nbroken: [\n")
    assert [line.split(":")[1] for line in lines] == ["21", "22", "24"]


@settings(max_examples=150, deadline=None)
@given(
    st.integers(0, len(GOOD)),
    st.integers(0, 12),
    st.text(alphabet="ab:-[]{},'\"\n \t#&*!|>%@`0123456789\x00é", max_size=8),
)
def test_a_damaged_file_is_read_or_refused_and_nothing_else(at: int, cut: int, put: str) -> None:
    damaged = GOOD[:at] + put + GOOD[at + cut :]
    with suppress(SpecError):
        assert load(damaged).trunks


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_bytes_of_any_kind_are_refused_in_words(source: bytes) -> None:
    assert problems(source)


def test_every_field_has_a_meaning() -> None:
    for model in Part.__subclasses__():
        for name, field in model.model_fields.items():
            assert field.description, f"{model.__name__}.{name}"


def test_the_schema_is_for_editors() -> None:
    made: dict[str, Any] = schema()
    assert made["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert made["additionalProperties"] is False
    assert made["$defs"]["Mode"]["enum"] == [mode.value for mode in Mode]
    assert (made["then"], made["else"]) == ({"required": ["flow"]}, {"required": ["agents"]})
    assert set(made["$defs"]["Hours"]["properties"]) == {"days", "from", "to"}
    outcomes = made["$defs"]["RetryRules"]["properties"]["outcomes"]["propertyNames"]
    assert outcomes == {"$ref": "#/$defs/Outcome"}
    assert made["$defs"]["Outcome"]["enum"] == [o.value for o in Outcome]


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        ("", None),
        ("day", None),
        ("{days: 30, from: 2026-11-02}", Blocks.model_validate({"days": 30, "from": "2026-11-02"})),
    ],
)
def test_the_window_of_the_limit_is_written_back_as_it_was_read(
    told: str, meant: Blocks | None
) -> None:
    more = f"abandonment: {{window: {told}}}\n" if told else ""
    campaign = load(changed(more=more))
    assert campaign.abandonment.window == meant
    assert Campaign.model_validate_json(campaign.model_dump_json()) == campaign
    back = campaign.model_dump(mode="json")["abandonment"]["window"]
    assert back == ({"days": 30, "from": "2026-11-02"} if meant else "day")

"""A PBX file as files of Asterisk and FreeSWITCH: as the golden ones, and whatever is in it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from connectors.freeswitch.actions import Dialling, actions
from connectors.freeswitch.hearing import WANTED
from dialplan_templates.pbx_file.checks import Kind
from dialplan_templates.pbx_file.file import load
from dialplan_templates.pbx_file.pbx import PbxFile
from dialplan_templates.places import Refused
from dialplan_templates.trunks_asterisk import asterisk_pbx_files
from dialplan_templates.trunks_freeswitch import API, EVENTS, freeswitch_pbx_files
from tests.connectors.freeswitch.test_actions import GOLDEN as COMMANDS
from tests.dialplan_templates.extensions import parse
from tests.dialplan_templates.hostile import places_in, with_value
from tests.dialplan_templates.pbx_example import ASTERISK, FREESWITCH, secrets_of
from tests.dialplan_templates.pbx_readers import Section, elements, params, sections, shape
from tests.dialplan_templates.test_writer import MEANT

GOLDEN = Path(__file__).parent / "golden"
SOURCES = {Kind.ASTERISK: ASTERISK, Kind.FREESWITCH: FREESWITCH}
RENDER = {Kind.ASTERISK: asterisk_pbx_files, Kind.FREESWITCH: freeswitch_pbx_files}
FILES = {kind: load(source, kind=kind) for kind, source in SOURCES.items()}
SECRETS = {kind: secrets_of(source) for kind, source in SOURCES.items()}


def rendered(kind: Kind, file: PbxFile | None = None) -> dict[str, str]:
    return RENDER[kind](file or FILES[kind], SECRETS[kind])


@pytest.mark.parametrize("kind", Kind)
def test_each_file_is_as_its_golden_one(kind: Kind) -> None:
    """Where a change is meant, put the new text there, and look at the difference."""
    folder = GOLDEN / kind.value
    golden = {str(p.relative_to(folder)): p.read_text() for p in folder.rglob("*") if p.is_file()}
    assert rendered(kind) == golden


def found(name: str, kind: str) -> Section:
    [section] = [s for s in sections(rendered(Kind.ASTERISK)["pjsip.d/dialplane.conf"])
                 if s.kind == (name, kind)]  # fmt: skip
    return section


def test_asterisk_has_the_sections_that_were_meant_and_no_others() -> None:
    text = rendered(Kind.ASTERISK)["pjsip.d/dialplane.conf"]
    assert [section.kind for section in sections(text)] == [
        ("dialplane-udp", "transport"), ("dialplane-tls", "transport"),
        ("dialplane-wss", "transport"),
        *(("carrier", kind) for kind in ("endpoint", "auth", "aor", "registration")),
        *(("backup", kind) for kind in ("endpoint", "aor", "identify")),
        *(("six", kind) for kind in ("endpoint", "auth", "aor")),
        *((name, kind) for name in ("ann", "ben", "cat") for kind in ("endpoint", "auth", "aor")),
    ]  # fmt: skip


def test_whoever_writes_a_trunks_name_into_from_is_not_the_trunk() -> None:
    for name in ("carrier", "backup", "six"):
        assert found(name, "endpoint").get("identify_by") == "ip"


def test_a_call_from_nowhere_goes_nowhere() -> None:
    assert found("ann", "endpoint").get("context") == "dialplane-nowhere"
    users = elements(rendered(Kind.FREESWITCH)["directory/default/dialplane.xml"])
    assert "('user_context'" not in str(users)
    assert str(users).count("dialplane-nowhere") == 2


def test_a_phone_is_one_device() -> None:
    assert found("ann", "aor").get("max_contacts") == "1"
    assert found("ann", "aor").get("remove_existing") == "yes"


def test_a_browser_gets_what_webrtc_needs() -> None:
    assert found("ben", "endpoint").get("webrtc") == "yes"
    assert found("ben", "endpoint").get("dtls_auto_generate_cert") == "yes"
    assert found("cat", "endpoint").get("media_encryption") == "sdes"


def test_the_user_of_the_event_socket_has_what_the_connector_uses_and_no_more() -> None:
    plain, _, custom = WANTED.partition(" CUSTOM ")
    assert {*EVENTS} == {*plain.split(), "CUSTOM", *custom.split()}
    assert EVENTS.index("CUSTOM") == len(plain.split())
    users = elements(rendered(Kind.FREESWITCH)["directory/default/dialplane.xml"])
    told = params(users)
    assert told["esl-allowed-api"] == ",".join(API)
    assert told["esl-allowed-events"] == ",".join(EVENTS)
    assert told["esl-allowed-log"] == "false"
    assert told["allow-empty-password"] == "false"
    assert not {*API} & {"system", "bg_system", "bgapi", "eval", "reload", "load", "fsctl", "lua"}


def test_what_the_event_socket_answers_to_the_log_in_fits_its_answer() -> None:
    """FreeSWITCH writes it into 512 bytes, and what is cut has no end for the client."""
    answer = f"Allowed-Events: {','.join(EVENTS)}\n", f"Allowed-API: {','.join(API)}\n"
    assert len("~Reply-Text: +OK accepted\n\nAllowed-LOG: false\n" + "".join(answer)) < 512


def test_every_command_of_the_connector_is_allowed() -> None:
    for command, _ in COMMANDS:
        for action in actions(command, Dialling()):
            words = action.command.split()
            while words[0] == "expand":
                assert "expand" in API
                words = words[1:]
            assert words[0] in API, action.command


def blocks(kind: Kind, files: Mapping[str, str]) -> Any:
    """What is meant in files: all but the values."""
    if kind is Kind.FREESWITCH:
        return sorted(repr(shape(elements(text))) for text in files.values())
    return [(path, _meant(path, text)) for path, text in sorted(files.items())]


def _meant(path: str, text: str) -> Any:
    if path.startswith("extensions.d/"):
        found = parse(text)
        assert found.odd == []
        return [len(context) for context in found.contexts.values()], found.applications
    return [[key for key, _ in section.settings] for section in sections(text)]


MEANT_BLOCKS = {kind: blocks(kind, rendered(kind)) for kind in Kind}
REFUSAL = "a secret of letters, digits and _ . ~ ! # * + / = ? @ ^ - was expected"
HOSTILE = st.one_of(
    st.text(max_size=40),
    st.text(alphabet=st.sampled_from(MEANT + "ab1-_ .@/:=+#!"), max_size=30),
    st.sampled_from([
        "a\n[b]\ntype=endpoint", "a;b", '"/><gateway name="x', "a-->", "$${password}", "${x}",
        "x-pre-process", "X-PRE-PROCESS", "#include /etc/passwd", "a\r\nb", "\x00", "--", "]]>",
        "<!--", ";--", "a,sip:evil@example.net", "<?x", "\u2028",
    ]),
)  # fmt: skip


def textual(kind: Kind) -> list[Any]:
    """Where a file has text or a number: an enum's members are not text that anybody writes."""
    plain = str, int, float
    return [at for at, held in places_in(FILES[kind]) if type(held) in plain and at[-1] is not None]


@settings(max_examples=300, deadline=None)
@given(kind=st.sampled_from(Kind), data=st.data(), value=HOSTILE)
def test_a_hostile_value_is_refused_or_changes_nothing_but_itself(
    kind: Kind, data: Any, value: str
) -> None:
    """Many more of them: `test_hostile_in_numbers`."""
    changes_nothing_else(kind, data.draw(st.sampled_from(textual(kind))), value)


def changes_nothing_else(kind: Kind, at: Any, value: str) -> None:
    try:
        files = rendered(kind, with_value(FILES[kind], at, value))
    except (Refused, ValueError):
        return
    assert value == "" or blocks(kind, files) == MEANT_BLOCKS[kind]


@settings(max_examples=300, deadline=None)
@given(kind=st.sampled_from(Kind), data=st.data(), value=HOSTILE)
@example(kind=Kind.FREESWITCH, data=None, value="x-pre-process")
def test_so_is_a_hostile_secret_and_it_is_not_repeated(kind: Kind, data: Any, value: str) -> None:
    places = sorted(SECRETS[kind], key=repr)
    is_refused_or_a_secret(
        kind, data.draw(st.sampled_from(places)) if data is not None else places[0], value
    )


def is_refused_or_a_secret(kind: Kind, loc: Any, value: str) -> None:
    try:
        files = RENDER[kind](FILES[kind], {**SECRETS[kind], loc: value})
    except Refused as refused:
        told = str(refused)
    else:
        told = REFUSAL
        assert value == "" or blocks(kind, files) == MEANT_BLOCKS[kind]
    assert told == REFUSAL


def test_a_number_is_a_line_with_its_plus_and_without() -> None:
    found = parse(rendered(Kind.ASTERISK)["extensions.d/dialplane-lines.conf"])
    assert {at: lines[0][2:] for at, lines in found.contexts["dialplane-lines"].items()} == {
        "4930123456": ("Goto", "dialplane-inbound,support,1"),
        "+4930123456": ("Goto", "dialplane-inbound,support,1"),
        "12125550100": ("Goto", "dialplane-inbound,opt-out,1"),
        "+12125550100": ("Goto", "dialplane-inbound,opt-out,1"),
    }
    assert found.odd == []


def test_calls_of_a_trunk_come_to_the_lines_or_nowhere() -> None:
    bare = rendered(Kind.ASTERISK, FILES[Kind.ASTERISK].model_copy(update={"lines": ()}))
    assert found("backup", "endpoint").get("context") == "dialplane-lines"
    assert found("carrier", "endpoint").get("context") == "from-carrier"
    assert found("ann", "endpoint").get("context") == "dialplane-nowhere"
    assert "dialplane-lines" not in bare["pjsip.d/dialplane.conf"]
    assert "extensions.d/dialplane-lines.conf" not in bare
    gateway = rendered(Kind.FREESWITCH)["sip_profiles/external/dialplane-backup.xml"]
    assert params(elements(gateway))["context"] == "dialplane-lines"


def test_freeswitch_does_with_a_caller_what_the_docs_say() -> None:
    """They are the steps of docs/freeswitch.md, which hearing relies on."""
    files = rendered(Kind.FREESWITCH)
    text = files["dialplan/dialplane-lines.xml"]
    page = (Path(__file__).parents[2] / "docs/freeswitch.md").read_text()
    for line in text.splitlines():
        action = line.strip()
        if action.startswith("<action") and "accountcode" not in action:
            assert action in page
    assert 'data="accountcode=dialplane-line-support"' in text
    public = files["dialplan/public/dialplane-lines.xml"]
    assert 'data="4930123456 XML dialplane-lines"' in public
    elements(public)

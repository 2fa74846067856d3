"""docker/freeswitch as XML: what can be seen without a FreeSWITCH. A real one was tried by hand."""

import re
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest

from tests.docker.conftest import Prepared

NEEDED = {
    "mod_logfile",
    "mod_commands",
    "mod_dptools",
    "mod_dialplan_xml",
    "mod_sndfile",
    "mod_tone_stream",
    "mod_avmd",
    "mod_sofia",
    "$${event_socket}",
}
INCLUDE = re.compile(r'^\s*<X-PRE-PROCESS cmd="include" data="([\w.]+)"/>$', re.MULTILINE)


@pytest.fixture(scope="module")
def folder(prepared: Prepared) -> Path:
    return prepared.site / "freeswitch"


@pytest.fixture(scope="module")
def document(folder: Path) -> Element:
    """The document with its files put in where FreeSWITCH would."""

    def inner(found: re.Match[str]) -> str:
        text = (folder / found[1]).read_text()
        return text.partition("<include>")[2].rpartition("</include>")[0]

    whole = INCLUDE.sub(inner, (folder / "freeswitch.xml").read_text())
    return ElementTree.fromstring(whole)  # noqa: S314 - our own file


def settings(document: Element, name: str) -> dict[str, str]:
    found = document.findall(f".//configuration[@name='{name}']/settings/param")
    return {param.attrib["name"]: param.attrib["value"] for param in found}


def test_every_file_is_well_formed_and_suits_the_line_reader(folder: Path) -> None:
    files = sorted(folder.glob("*.xml"))
    assert [file.name for file in files] == [
        "freeswitch.xml",
        "gateways.xml",
        "phones.xml",
        "secrets.xml",
    ]
    for file in files:
        ElementTree.parse(file)  # noqa: S314 - our own file
        assert [line for line in file.read_text().splitlines() if spoils(line)] == []


def spoils(line: str) -> bool:
    """FreeSWITCH drops a line with `<?`, and replaces the whole line of an X-PRE-PROCESS."""
    if "<?" in line:
        return line != '<?xml version="1.0"?>'
    alone = re.fullmatch(r'\s*<X-PRE-PROCESS cmd="(include|set)" data="[^"]+"/>', line)
    return "X-PRE-PROCESS" in line and not alone


@pytest.mark.parametrize(
    "line",
    [
        '<?xml version="1.0"?><document>',
        '<section name="dialplan"><X-PRE-PROCESS cmd="include" data="a.xml"/></section>',
        "<!-- an X-PRE-PROCESS -->",
        '<X-PRE-PROCESS cmd="exec" data="id"/>',
    ],
)
def test_a_line_that_spoils_the_file_is_found(line: str) -> None:
    assert spoils(line)


def test_the_event_socket_is_on_loopback_with_a_password_of_its_own(
    document: Element, folder: Path, prepared: Prepared
) -> None:
    door = settings(document, "event_socket.conf")
    assert door["listen-ip"] == "127.0.0.1"
    assert door["apply-inbound-acl"] == "loopback.auto"
    assert door["password"] == "$${event_socket_password}"
    [password] = re.findall(r"event_socket_password=(\w+)", (folder / "secrets.xml").read_text())
    assert len(password) == 48
    assert password != "ClueCon"
    assert prepared.environ["DIALPLANE_PBX_FREESWITCH"] == f"esl://:{password}@127.0.0.1:8021"
    assert f"password => {password}" in (folder / ".fs_cli_conf").read_text()


def test_few_modules_are_loaded(document: Element) -> None:
    loaded = document.findall(".//configuration[@name='modules.conf']/modules/load")
    assert {module.attrib["module"] for module in loaded} == NEEDED


def test_calls_that_come_in_are_refused(document: Element) -> None:
    profiles = document.findall(".//profile")
    sip = [p for p in profiles if p.find("./settings/param[@name='sip-port']") is not None]
    assert [profile.attrib["name"] for profile in sip] == ["external", "phones"]
    for profile in sip:
        said = {p.attrib["name"]: p.attrib["value"] for p in profile.findall("./settings/param")}
        assert (said["context"], said["auth-calls"]) == ("refused", "true")
        assert said["rtp-timer-name"] == "soft"
    [context] = document.findall("./section[@name='dialplan']/context")
    actions = [(a.attrib["application"], a.attrib["data"]) for a in context.iter("action")]
    assert (context.attrib["name"], actions) == ("refused", [("respond", "403 Forbidden")])


def test_no_program_can_be_run(folder: Path) -> None:
    text = (folder / "freeswitch.xml").read_text()
    assert 'data="disable_system_api_commands=true"' in text
    assert 'data="disable_system_app_commands=true"' in text


def test_the_phones_password_is_new(document: Element) -> None:
    [password] = document.findall(".//user[@id='ann']/params/param[@name='password']")
    assert re.fullmatch(r"[0-9a-f]{48}", password.attrib["value"])

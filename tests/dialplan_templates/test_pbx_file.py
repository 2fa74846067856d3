"""A PBX file: what it takes, and what is wrong with it, by line, column and field."""

import json
from pathlib import Path

import pytest

import cli
from campaigns.spec.errors import SpecError
from campaigns.spec.form import schema_of
from dialplan_templates.pbx_file.checks import RESERVED, Kind
from dialplan_templates.pbx_file.file import load
from dialplan_templates.pbx_file.pbx import PBX_FILE
from dialplan_templates.pbx_file.trunk import Auth
from tests.dialplan_templates.pbx_example import ASTERISK, BOTH, FREESWITCH

PHONE = "{name: ann, secret: {env: A}}"
SOCKET = "domain: d.example, password: {env: A}, secret: {env: A}"


def wrong(source: str, kind: Kind | None = None) -> list[str]:
    with pytest.raises(SpecError) as told:
        load(source, "pbx.yaml", kind)
    return [str(problem) for problem in told.value.problems]


def test_one_of_everything_is_right() -> None:
    assert [trunk.name for trunk in load(BOTH).trunks] == ["carrier", "backup", "six"]
    assert load(ASTERISK, kind=Kind.ASTERISK).transports
    assert load(FREESWITCH, kind=Kind.FREESWITCH).event_socket


def test_the_example_is_right_for_both() -> None:
    text = (Path(cli.__file__ or "").parent / "examples/pbx.yaml").read_text()
    assert load(text, kind=Kind.ASTERISK) == load(text, kind=Kind.FREESWITCH)


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("{}", "pbx.yaml:1:1: trunks: expected trunks, phones or another part (got none); "
         "the carriers' lines"),
        ("trunks: [{name: a, host: a b, auth: address}]",
         "pbx.yaml:1:26: trunks[0].host: expected a host's name or address, without a port "
         "(got 'a b')"),
        ("trunks: [{name: a, host: h, auth: adress}]",
         "pbx.yaml:1:35: trunks[0].auth: expected one of registration, password, address "
         "(got 'adress'); did you mean 'address'?"),
        ("trunks: [{name: a, host: h, auth: registration, user: b}]",
         "pbx.yaml:1:10: trunks[0].secret: expected this key with auth registration (got nothing)"),
        ("trunks: [{name: a, host: h, auth: address, secret: {env: A}}]",
         "pbx.yaml:1:44: trunks[0].secret: expected no secret with auth address (got one); "
         "auth: password"),
        ("trunks: [{name: a, host: h, auth: address, caller_id: pai}]",
         "pbx.yaml:1:10: trunks[0].user: expected this key with caller_id pai (got nothing); "
         "From needs a name"),
        ("trunks: [{name: a, host: h, auth: address, srtp: true}]",
         "pbx.yaml:1:50: trunks[0].srtp: expected transport tls with srtp (got udp); "
         "over the others the key of the audio can be read"),
        ("trunks: [{name: a, host: h, auth: address, context: dialplane-answered}]",
         "pbx.yaml:1:53: trunks[0].context: expected a context of your own "
         "(got 'dialplane-answered'); those that begin with 'dialplane' are for calls that "
         "Dialplane places"),
        (f"phones: [{PHONE}, {PHONE}]",
         "pbx.yaml:1:48: phones[1].name: expected a name that nothing else has (got 'ann' twice); "
         "it is the name of phones[0]"),
        ("phones: [{name: Anonymous, secret: {env: A}}]",
         "pbx.yaml:1:17: phones[0].name: expected a name of your own (got 'Anonymous'); "
         "a PBX reads it as something else"),
        ("transports: [{protocol: tls, bind: 0.0.0.0, certificate: /a.pem}]",
         "pbx.yaml:1:14: transports[0].key: expected this key with protocol tls"),
        ("transports: [{protocol: udp, bind: 0.0.0.0}, {protocol: udp, bind: 0.0.0.0}]",
         "pbx.yaml:1:57: transports[1].protocol: expected one transport udp (got a second one); "
         "remove one"),
        (f"event_socket: {{{SOCKET}, allow: ['::1']}}",
         "pbx.yaml:1:81: event_socket.allow[0]: expected addresses of the kind of `listen`, "
         "127.0.0.1 (got ::1/128)"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(source: str, told: str) -> None:
    assert wrong(source) == [told]


def test_calls_from_an_address_are_those_of_one_trunk() -> None:
    trunk = "{{name: {0}, host: h, auth: address, addresses: [{1}]}}"
    one, other = trunk.format("a", "192.0.2.0/24"), trunk.format("b", "192.0.2.8")
    assert "calls from there are already those of 'a'" in wrong(f"trunks: [{one}, {other}]")[0]
    apart = trunk.format("b", "198.51.100.1")
    assert len(load(f"trunks: [{one}, {apart}]").trunks) == 2


@pytest.mark.parametrize(
    "secret", ["hunter2!", "5", "[hunter2!]", '{env: "hunter2!"}', "{hunter: x}", "true"]
)
def test_a_secret_that_stands_in_the_file_is_refused_and_not_repeated(secret: str) -> None:
    [told] = wrong(f"phones: [{{name: ann, secret: {secret}}}]")
    assert "phones[0].secret" in told
    assert "hunter2" not in told


def test_each_kind_of_pbx_says_what_it_has_not() -> None:
    [told] = wrong(ASTERISK, Kind.FREESWITCH)
    assert "transports: expected nothing here for freeswitch" in told
    [told] = wrong(FREESWITCH, Kind.ASTERISK)
    assert "event_socket: expected nothing here for asterisk" in told


def test_the_schema_knows_every_key() -> None:
    schema = schema_of(PBX_FILE)
    assert json.loads(json.dumps(schema)) == schema
    assert {"trunks", "phones", "transports"} < set(schema["properties"])
    assert schema["$defs"]["Auth"]["enum"] == [auth.value for auth in Auth]
    assert "anonymous" in RESERVED

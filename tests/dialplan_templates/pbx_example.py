"""A PBX file with one of everything, and its secrets."""

from collections.abc import Mapping

from campaigns.spec.errors import Loc
from dialplan_templates.pbx_file.file import load
from dialplan_templates.pbx_file.secrets import references

BOTH = """\
trunks:
  - name: carrier
    host: sip.carrier.example
    auth: registration
    user: "4930123456"
    secret: {env: CARRIER_SECRET}
    from_domain: carrier.example
    caller_id: pai
    context: from-carrier
  - name: backup
    host: 192.0.2.10
    port: 5070
    transport: tcp
    auth: address
    addresses: [192.0.2.0/28, "2001:db8::7"]
    dtmf: info
    ping: null
  - name: six
    host: "2001:db8::10"
    transport: tls
    auth: password
    user: dialler
    secret: {env: SIX_SECRET}
    srtp: true
    codecs: [g722, alaw]
phones:
  - name: ann
    secret: {file: secrets/ann}
  - name: ben
    transport: wss
    secret: {file: secrets/ben}
    codecs: [opus, ulaw]
    context: from-agents
  - name: cat
    transport: tls
    srtp: true
    secret: {file: secrets/cat}
    dtmf: inband
lines:
  - {number: "4930123456", line: support}
  - {number: "+12125550100", line: opt-out}
records:
  node: main
  password: {file: secrets/hooks}
"""
ASTERISK = f"""\
{BOTH}
transports:
  - protocol: udp
    bind: 0.0.0.0
    external: pbx.example.net
    local: [10.0.0.0/8, 192.168.0.0/16]
  - protocol: tls
    bind: "::"
    certificate: /etc/asterisk/keys/pbx.pem
    key: /etc/asterisk/keys/pbx.key
  - protocol: wss
    bind: 10.1.2.3
    certificate: /etc/asterisk/keys/pbx.pem
    key: /etc/asterisk/keys/pbx.key
"""
FREESWITCH = f"""\
{BOTH}
event_socket:
  listen: 10.1.2.3
  allow: [10.1.2.4, 127.0.0.0/8]
  domain: pbx.example.net
  password: {{file: secrets/esl}}
  secret: {{file: secrets/dialplane}}
"""


def secrets_of(source: str) -> Mapping[Loc, str]:
    """A secret of its own for each reference of a PBX file."""
    return {r.loc: f"secret-{'-'.join(map(str, r.loc))}-012345" for r in references(load(source))}

"""Real Asterisks on files that were rendered from PBX files."""

from dialplan_templates.pbx_file.checks import Kind
from dialplan_templates.pbx_file.file import load
from dialplan_templates.pbx_file.secrets import references
from dialplan_templates.trunks_asterisk import CDR, HTTP, PJSIP, asterisk_pbx_files
from lab.asterisk import AsteriskNode

SECRET = "8kJ!2x#Qm*_~^w/=?@+z.-"
MODULES = """\
load = res_srtp.so
load = res_pjsip_outbound_registration.so
load = res_http_websocket.so
load = res_pjsip_transport_websocket.so
load = cdr_csv.so
"""
STOCK = {"http.conf": f'[general]\n#tryinclude "{HTTP}"\n',
         "cdr.conf": f'[general]\n[csv]\naccountlogs=yes\n#tryinclude "{CDR}"\n'}  # fmt: skip


def rendered(source: str) -> dict[str, str]:
    """A PBX file as files of an Asterisk."""
    file = load(source, kind=Kind.ASTERISK)
    return asterisk_pbx_files(file, {each.loc: SECRET for each in references(file)})


def server(name: str, source: str, extensions: str = "") -> AsteriskNode:
    """An Asterisk on what a PBX file says; `ADDRESS` and `PORT` in it are its own."""
    node = AsteriskNode(name, "pbx", {})
    own = source.replace("ADDRESS", node.address).replace("PORT", str(node.sip_port))
    node.write({
        **STOCK, **rendered(own), "peers.conf": f'#include "{PJSIP}"\n',
        "modules.d/pbx.conf": MODULES, "extensions.d/own.conf": extensions,
    })  # fmt: skip
    (node.run_dir / "log/cdr-csv").mkdir()
    node.start()
    return node

"""A PBX file, whole: what a deployment's trunks, agents' phones and control connection are."""

from pydantic import Field

from campaigns.spec.form import Form
from dialplan_templates.pbx_file.line import Line
from dialplan_templates.pbx_file.phone import Phone
from dialplan_templates.pbx_file.server import EventSocket, Records, Transport
from dialplan_templates.pbx_file.trunk import Trunk
from dialplan_templates.pbx_file.words import PbxPart


class PbxFile(PbxPart):
    """One PBX, as far as Dialplane has to do with it."""

    trunks: tuple[Trunk, ...] = Field(default=(), max_length=200, description="carriers' lines")
    phones: tuple[Phone, ...] = Field(default=(), max_length=500, description="agents' phones")
    lines: tuple[Line, ...] = Field(
        default=(), max_length=1000, description="numbers whose callers wait on a campaign's line"
    )
    transports: tuple[Transport, ...] = Field(
        default=(),
        description="Asterisk: where it listens for SIP; left out: what your pjsip.conf says. On "
        "FreeSWITCH the SIP profiles say it",
    )
    event_socket: EventSocket | None = Field(
        default=None, description="FreeSWITCH: how it is controlled; left out: as it is"
    )
    records: Records | None = Field(
        default=None, description="records of calls; left out: as they are"
    )


PBX_FILE = Form(
    PbxFile,
    word="PBX file",
    begins="phones:",
    hint="'dialplane init' writes an example, pbx.yaml, to start from",
)

"""The page on PBX files, from the JSON Schema of their models."""

from campaigns.spec.form import schema_of
from cli.markdown import MADE
from cli.reference_parts import keys, parts
from dialplan_templates.pbx_file.pbx import PBX_FILE

INTRO = (
    "A PBX file is a YAML 1.2 file: trunks, agents' phones and control connection of one PBX, "
    "which `dialplane pbx files` writes as files of [Asterisk](../asterisk.md#trunks-and-phones) "
    "or [FreeSWITCH](../freeswitch.md#trunks-phones-and-the-event-socket). No secret stands in "
    "it, but where each is kept: `{env: VARIABLE}` or `{file: NAME}`. Durations are written `30s`, "
    "`10m`, or as a number of seconds. Unknown keys are errors; aliases, anchors and tags are "
    "refused. `dialplane pbx schema` prints the JSON Schema for editors."
)


def pbx_page() -> str:
    """Every key of a PBX file."""
    made = schema_of(PBX_FILE)
    page = [MADE, "# PBX files", INTRO, "## The file", keys(made, made), *parts(made)]
    return "\n\n".join(part for part in page if part) + "\n"

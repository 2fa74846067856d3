"""The text of a PBX file, made a `PbxFile`; or everything that is wrong with it."""

from collections.abc import Iterable

from pydantic import ValidationError

from campaigns.spec.errors import Finding
from campaigns.spec.loading import Doc, load_as
from dialplan_templates.pbx_file.checks import Kind, findings
from dialplan_templates.pbx_file.pbx import PBX_FILE, PbxFile


def load(source: bytes | str, file: str = "pbx.yaml", kind: Kind | None = None) -> PbxFile:
    """The PBX that `source` describes, for that kind of PBX. Raises `SpecError`.

    `file` is the name that the problems are told with. What is wrong between the parts is told
    once each of them is right by itself.
    """
    return load_as(PBX_FILE, source, file, lambda doc: _between(doc, kind))


def _between(doc: Doc, kind: Kind | None) -> Iterable[Finding]:
    try:
        made = PBX_FILE.model.model_validate(doc)
    except ValidationError:
        return ()
    return findings(made, kind)

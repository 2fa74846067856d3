"""The text of a mapping, made a `Mapping`; and a mapping as the text of a file."""

from collections.abc import Iterable, Iterator
from io import StringIO

from ruamel.yaml import YAML

from campaigns.importing.mapping import MAPPING, Mapping
from campaigns.spec.errors import Finding
from campaigns.spec.loading import Doc, load_as

ONE_OF = ("external_id", "numbers", "emails")


def load(source: bytes | str, file: str = "mapping.yaml") -> Mapping:
    """What `source` says. Raises `SpecError` with every problem found.

    `file` is the name that the problems are told with.
    """
    return load_as(MAPPING, source, file, _nobody_known)


def written(mapping: Mapping) -> str:
    """The mapping as YAML, which `load` reads as the same."""
    yaml = YAML()
    yaml.allow_unicode = True
    yaml.width = 100
    stream = StringIO()
    yaml.dump(mapping.model_dump(mode="json", exclude_defaults=True), stream)
    return stream.getvalue()


def _nobody_known(doc: Doc) -> Iterable[Finding]:
    columns = doc.get("columns")
    return _told(columns) if isinstance(columns, dict) else ()


def _told(columns: Doc) -> Iterator[Finding]:
    if not any(columns.get(key) for key in ONE_OF):
        message = "expected external_id, numbers or emails, or nobody could be known again"
        yield Finding(("columns",), message)

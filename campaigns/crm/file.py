"""The text of a CRM file, made a `Crm`; or everything that is wrong with it, at once."""

from collections.abc import Iterable, Iterator

from campaigns.crm.model import CRM_FILE, Crm
from campaigns.spec.errors import Finding
from campaigns.spec.loading import Doc, load_as


def load(source: bytes | str, file: str = "crm.yaml") -> Crm:
    """What `source` says. Raises `SpecError` with every problem found.

    `file` is the name that the problems are told with.
    """
    return load_as(CRM_FILE, source, file, _twice)


def _twice(doc: Doc) -> Iterable[Finding]:
    for key in ("stages", "fields"):
        parts = doc.get(key)
        names = [p.get("name") if isinstance(p, dict) else None for p in _listed(parts)]
        yield from _again(names, key, "name")
    yield from _again(_listed(doc.get("intents")), "intents")


def _listed(parts: object) -> list[object]:
    return parts if isinstance(parts, list) else []


def _again(names: list[object], *loc: str) -> Iterator[Finding]:
    key, *inner = loc
    for n, name in enumerate(names):
        if isinstance(name, str) and name in names[:n]:
            yield Finding((key, n, *inner), f"expected another name, {name!r} is taken above")

"""The mapping that an import goes by: from a file, or guessed from the header; and its options."""

from pathlib import Path

from campaigns.importing.file import load, written
from campaigns.importing.headers import guess
from campaigns.importing.mapping import Duplicates, Mapping, Similar, ThenSimilar
from campaigns.spec.guard import MAX_BYTES
from cli.errors import InputError
from cli.files import read_bytes, unwritable
from cli.numbers import region_of
from cli.sheet import OURS, Sheet, no_name_twice
from cli.tokens import token
from storage.customers.definitions import Definitions


def mapping_for(file: Path | None, sheet: Sheet, known: Definitions) -> Mapping:
    """Raises `SpecError` for a file that is none; `InputError` where nothing can be guessed."""
    no_name_twice(sheet.path, sheet.header, nameless=True)
    if file is not None:
        return load(read_bytes(file, MAX_BYTES), str(file))
    theirs = [name for name in sheet.header if name.lower() not in OURS]
    guessed = guess(theirs, known.stages, known.fields.values())
    if guessed is None:
        there = ", ".join(repr(name[:30]) for name in theirs[:8])
        raise InputError(
            f"{sheet.path}:1: no column of the header is known for an external id, a number or an "
            f"e-mail address ({there}); say what the columns are with --mapping"
        )
    return guessed


def with_options(
    mapping: Mapping,
    source: str | None,
    region: str | None,
    similar: ThenSimilar | None,
    of_site: Duplicates | None,
) -> Mapping:
    """The mapping with what the command line says on top. Raises `InputError`."""
    changed: dict[str, object] = {}
    if source is not None:
        changed["source"] = token(source, "--source")
    if region is not None:
        changed["region"] = region_of(region)
    if similar is not None:
        rules = mapping.duplicates or of_site or Duplicates()
        rule = rules.similar or Similar(then=similar)
        rule = rule.model_copy(update={"then": similar})
        changed["duplicates"] = rules.model_copy(update={"similar": rule})
    return mapping.model_copy(update=changed)


def save(mapping: Mapping, file: Path) -> str:
    """Write a mapping to a new file; its name. Raises `InputError`."""
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(written(mapping))
    except FileExistsError:
        raise InputError(f"{file}: it is there already; name another file") from None
    except OSError as wrong:
        raise unwritable(file, wrong) from wrong
    return str(file)

"""`dialplane crm apply`, `schema` and `key`."""

import secrets
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import typer

from campaigns.crm.file import load
from campaigns.crm.model import CRM_FILE
from campaigns.spec.form import schema_of
from cli.errors import InputError
from cli.files import read_bytes
from cli.lazy import leaf_app
from cli.output import Json, emit, examples, say
from cli.site import now, open_site
from connectors.calls import TOKEN
from storage.customers import indexing
from storage.customers.definitions import apply as apply_crm

app = leaf_app()
LONGEST = 1_000_000
File = Annotated[Path, typer.Argument(help="A CRM file (YAML).", metavar="FILE")]


@app.command(epilog=examples("dialplane crm apply crm.yaml"))
def apply(file: File, as_json: Json = False) -> None:
    """Let a CRM file count: stages, levels of intent, fields.

    What is taken out of the file is kept: customers stay in a stage that is gone until they are
    moved, and a field that comes back has its values again. A field never changes its type. One
    that is indexed from now on is filled in for all customers, a thousand at a time.
    """
    crm = load(read_bytes(file, LONGEST), str(file))
    with open_site() as site:
        applied = apply_crm(site.store, crm, now())
        filled = {name: indexing.fill(site.store, name) for name in applied.to_index}
    if as_json:
        emit({"added": applied.added, "removed": applied.removed, "indexed": filled})
        return
    for word, names in (("added", applied.added), ("taken out", applied.removed)):
        say(f"{word}: {', '.join(names) or 'nothing'}")
    for name, count in filled.items():
        say(f"indexed: field {name}, which {count} customers have")


@app.command(
    epilog=examples(
        "dialplane crm schema > crm.schema.json",
        "# then, on top of a CRM file:",
        "# yaml-language-server: $schema=./crm.schema.json",
    )
)
def schema(as_json: Json = False) -> None:
    """Print the JSON Schema of CRM files.

    Editors that know JSON Schema complete and check CRM files with it.
    """
    del as_json  # it is JSON either way
    emit(schema_of(CRM_FILE))


@app.command(epilog=examples("dialplane crm key crm", "dialplane crm key shop --json"))
def key(
    name: Annotated[
        str, typer.Argument(help="Whose it is: letters, digits, _ and -.", metavar="NAME")
    ],
    as_json: Json = False,
) -> None:
    """Make a key for the REST API.

    The key is for the program NAME, and is shown this once; its line, with the key's hash, is for
    the section api.keys of the settings. 'dialplane serve' knows it from its next start on.
    """
    if not TOKEN.fullmatch(name):
        raise InputError("NAME: expected letters, digits, _ and -, at most 64")
    made = secrets.token_urlsafe(32)
    line = f'{name} = "sha256:{sha256(made.encode()).hexdigest()}"'
    if as_json:
        emit({"name": name, "key": made, "line": line})
        return
    say(f"key, for {name} alone: {made}")
    say(f"line, under [api.keys] in the settings: {line}")

"""`dialplane init`: a site to start from."""

import json
import os
import shutil
from collections.abc import Iterator
from importlib.resources import as_file, files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any

import typer

from campaigns.flow.flow import FLOW
from campaigns.spec.form import schema_of
from campaigns.spec.schema import schema as campaign_schema
from cli.errors import InputError
from cli.files import unwritable
from cli.lazy import leaf_app
from cli.output import Json, emit, examples, say
from cli.site import open_database
from storage.migrate import create_or_upgrade
from workers.job_keys import set_up_keys
from workers.settings import FILE_NAME
from workers.settings_file import load_settings

app = leaf_app()

SETTINGS = """\
# The settings of this Dialplane site. Every key may be left out; the environment
# (DIALPLANE_DATABASE_URL, DIALPLANE_REDIS_URL, DIALPLANE_PBX_MAIN, ...) comes on top.

# database_url = "postgresql+psycopg://user:password@host/name"   # default: SQLite in this folder
# redis_url = "redis://:password@host:6379/0"   # default: one found on this machine, or embedded
# log_level = "info"
# job_keys = ["..."]   # default: those in the file job.keys; the same on every machine of the site

[pbx]
# A name for each PBX node, as campaigns use it, and where it is.
main = "fake://demo"
# main = "ami://user:password@host:5038"

# [webhook]
# url = "https://crm.example.com/calls"
# secret = "whsec_..."
"""


@app.command(
    epilog=examples(
        "dialplane init",
        "dialplane init /srv/dialplane",
        "DIALPLANE_DATABASE_URL=postgresql://me@db/dialplane dialplane init",
    )
)
def init(
    folder: Annotated[
        Path | None,
        typer.Argument(help="The site's folder.", show_default="DIALPLANE_HOME, or ./.dialplane"),
    ] = None,
    new_job_key: Annotated[
        bool,
        typer.Option("--new-job-key", help="Seal jobs with a new key; earlier ones stay good."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Set up a site: a folder, a database, settings, a key and examples.

    What is there already is kept; the database is brought up to date. Run it again after
    every upgrade of Dialplane.
    """
    home = _folder(folder or Path(os.environ.get("DIALPLANE_HOME") or ".dialplane"))
    target = _folder(home / "examples")
    settings = load_settings(home)
    store = open_database(settings)
    try:
        upgraded = create_or_upgrade(store)
        keys = set_up_keys(settings, store, new_job_key)
    finally:
        store.close()
    made = [*keys, *_write(home, target)]
    answer = {"home": str(home), "database": store.shown, "upgraded": upgraded, "made": made}
    if as_json:
        emit(answer)
    else:
        _tell(answer)


def _folder(folder: Path) -> Path:
    """The folder, there and writable. Raises `InputError`."""
    home = folder.expanduser().resolve()
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except FileExistsError as wrong:
        raise InputError(f"{home}: it is a file; expected a folder, or a name for one") from wrong
    except OSError as wrong:
        raise InputError(f"{home}: the folder cannot be made: {wrong.strerror}") from wrong
    if not os.access(home, os.W_OK | os.X_OK):
        raise InputError(f"{home}: the folder may not be written to")
    return home


def _write(home: Path, target: Path) -> list[str]:
    """Settings and examples, but what is there already. Raises `InputError`."""
    try:
        return [*_write_settings(home), *_copy_examples(target)]
    except OSError as wrong:
        raise unwritable(Path(wrong.filename or home), wrong) from wrong


def _write_settings(home: Path) -> list[str]:
    path = home / FILE_NAME
    if path.exists():
        return []
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)  # it may hold passwords
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(SETTINGS)
    return [FILE_NAME]


def _copy_examples(target: Path) -> list[str]:
    flows = _folder(target / "flows")
    made = [
        *_copy(files("cli") / "examples", target),
        *_copy(files("campaigns") / "examples", target),
        *_write_schema(target / "campaign.schema.json", campaign_schema()),
        *_copy(files("campaigns") / "examples" / "flows", flows),
        *_write_schema(flows / "flow.schema.json", schema_of(FLOW)),
    ]
    return [str(path.relative_to(target.parent)) for path in made]


def _copy(folder: Traversable, target: Path) -> Iterator[Path]:
    with as_file(folder) as source:
        for example in sorted(source.iterdir()):
            copy = target / example.name
            if example.is_file() and not copy.exists():
                shutil.copyfile(example, copy)
                yield copy


def _write_schema(path: Path, schema: dict[str, Any]) -> Iterator[Path]:
    if not path.exists():
        path.write_text(json.dumps(schema, indent=2), encoding="utf-8")
        yield path


def _tell(answer: dict[str, Any]) -> None:
    home = answer["home"]
    say(f"The site is at {home}; its database is {answer['database']}.")
    for name in answer["made"]:
        say(f"  made {name}")
    if not Path(home).samefile(_found_without_help()):
        say(f"Tell the commands where it is: export DIALPLANE_HOME={home}")
    say(f"Try: dialplane campaign validate {home}/examples/progressive.yaml")


def _found_without_help() -> Path:
    found = Path(os.environ.get("DIALPLANE_HOME") or ".dialplane")
    return found if found.is_dir() else Path("/")

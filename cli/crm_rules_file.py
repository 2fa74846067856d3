"""`dialplane crm rules apply` and `schema`."""

from pathlib import Path
from typing import Annotated

import typer

from campaigns.crm.rules.file import load
from campaigns.crm.rules.model import RULES_FILE, Rules, SendWebhook
from campaigns.crm.rules.site import never_filed
from campaigns.spec.form import schema_of
from campaigns.spec.loading import placed
from cli.bell import ring_for_rules
from cli.files import read_bytes
from cli.lazy import leaf_app
from cli.output import Json, emit, examples, say, warn
from cli.problems import tell_warnings
from cli.site import Site, now, open_site
from storage.rules import kept

app = leaf_app()
LONGEST = 1_000_000
File = Annotated[Path, typer.Argument(help="A rules file (YAML).", metavar="FILE")]


def read_rules(site: Site, file: Path) -> tuple[Rules, str]:
    """The rules of a file, for this site, and its text; what of it does nothing as the site is now
    is warned of. Raises `SpecError`, `InputError`."""
    source = read_bytes(file, LONGEST)
    words = kept.site_words(site.store)
    rules = load(source, str(file), words)
    tell_warnings(placed(RULES_FILE, source, str(file), never_filed(rules, words)))
    mute = [rule.name for rule in rules.rules if any(isinstance(a, SendWebhook) for a in rule.do)]
    if mute and site.settings.webhook is None:
        warn(f"{', '.join(mute)}: the webhook goes nowhere; the settings have no [webhook]")
    return rules, source.decode("utf-8-sig")


@app.command(
    epilog=examples(
        "dialplane crm rules apply rules.yaml",
        "dialplane crm rules apply rules.yaml --off && dialplane crm rules on hot",
    )
)
def apply(
    file: File,
    off: Annotated[bool, typer.Option("--off", help="New rules stay off for now.")] = False,
    as_json: Json = False,
) -> None:
    """Let a rules file count, and no rules but its own.

    Rules that were there stay on, or off, as they are. One that is new, or says something else
    now, acts on what changes from now on; a rule that waits for customers whom nobody follows up
    looks at all of them. Stages, levels, fields and campaigns that the rules name have to be
    there, and rules that would set one another off for good are refused. A disposition that no
    campaign has yet is warned of.
    """
    with open_site() as site:
        rules, text = read_rules(site, file)
        applied = kept.apply(site.store, rules, text, now(), is_on=not off)
        ring_for_rules(site)
        idle = [each.name for each in kept.listed(site.store) if not each.is_on]
    if as_json:
        told = {"added": applied.added, "changed": applied.changed, "removed": applied.removed}
        emit({"version": applied.version, **told, "off": idle})
        return
    words = (("added", applied.added), ("changed", applied.changed), ("taken out", applied.removed))
    say(f"version {applied.version}")
    for word, names in words:
        say(f"{word}: {', '.join(names) or 'nothing'}")
    if idle:
        say(f"off: {', '.join(idle)}; switch on with: dialplane crm rules on NAME")


@app.command(
    epilog=examples(
        "dialplane crm rules schema > rules.schema.json",
        "# then, on top of a rules file:",
        "# yaml-language-server: $schema=./rules.schema.json",
    )
)
def schema(as_json: Json = False) -> None:
    """Print the JSON Schema of rules files.

    Editors that know JSON Schema complete and check rules files with it.
    """
    del as_json  # it is JSON either way
    emit(schema_of(RULES_FILE))

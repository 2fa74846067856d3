"""`dialplane crm rules test`."""

from datetime import timedelta
from typing import Annotated, Any

import typer

from cli.crm_rules_file import File, read_rules
from cli.lazy import leaf_app
from cli.output import Json, emit_lines, examples, say, shown
from cli.site import now, open_site
from storage.rules.campaigns import campaigns_of
from storage.rules.trying import Tried, try_rules

app = leaf_app()


@app.command(
    "test",
    epilog=examples(
        "dialplane crm rules test rules.yaml",
        "dialplane crm rules test rules.yaml --ahead 72",
        "dialplane crm rules test rules.yaml --days 30 --json | jq '{rule, past, today}'",
    ),
)
def try_file(
    file: File,
    days: Annotated[float, typer.Option(help="How far back.", min=0, max=3660)] = 7,
    ahead: Annotated[
        float,
        typer.Option(help="So many hours from now, if nothing happens until then.", min=0, max=9e4),
    ] = 0,
    as_json: Json = False,
) -> None:
    """Say what each rule of a file would do; writes nothing.

    'past': how often it would have acted on what has changed in the last days, with the customers
    as they are now. 'today': how many are so now that the rule is about them; for those whom
    nobody follows up it acts as soon as it is on, for others when they come to be so again. Where
    a campaign is to call them, 'comes' says of how many what would become. With --ahead 72 'today'
    is in three days, and names those whom nobody has followed up by then.
    """
    with open_site() as site:
        rules, _ = read_rules(site, file)
        campaigns = campaigns_of(site.store, rules.rules)
        then, back = now() + timedelta(hours=ahead), days + ahead / 24
        tried = try_rules(site.store, rules.rules, campaigns, then, back)
    if as_json:
        emit_lines(_told(each) for each in tried)
        return
    for each in tried:
        _say(each, days, f"in {ahead:g} hours" if ahead else "today")


def _told(each: Tried) -> dict[str, Any]:
    return {
        "rule": each.rule.name,
        "past": each.past,
        "today": each.today,
        "at_once": each.at_once,
        "comes": each.comes,
        "more": each.more,
        "examples": each.examples,
    }


def _say(each: Tried, days: float, today: str) -> None:
    label = f" ({each.rule.label})" if each.rule.label else ""
    least = "at least " if each.more else ""
    say(f"{each.rule.name}{label}")
    say(f"  of the last {days:g} days: would have acted {least}{each.past} times")
    if each.today is not None:
        when = "acts for them at once" if each.at_once else "who are so now"
        say(f"  {today}: {least}{each.today} customers, {when}")
    if each.comes:
        say(f"  campaign: {', '.join(f'{how} {n}' for how, n in sorted(each.comes.items()))}")
    for example in each.examples:
        who = example.name or str(example.customer_id)
        say(f"    {who} {shown(example.number)}: {'; '.join(example.would)}")

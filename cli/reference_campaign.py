"""The page on campaign files, from the JSON Schema of their models."""

from campaigns.retry import DEFAULTS
from campaigns.spec.schema import schema
from cli.markdown import MADE, table
from cli.reference_parts import keys, parts

INTRO = (
    "A campaign is a YAML 1.2 file. Durations are written `30s`, `10m`, `2h`, `1d`, or as a number "
    "of seconds; shares `3%` or `0.03`. Unknown keys are errors; aliases, anchors and tags are "
    "refused. Check a file with `dialplane campaign validate FILE`; "
    "`dialplane campaign schema` prints the JSON Schema for editors."
)
RETRIES = (
    "In force for every outcome that `retry.outcomes` leaves out. A disposition that is final ends "
    "a lead whatever its outcome; one with a `retry` of its own goes by that."
)


def campaign_page() -> str:
    """Every key of a campaign file."""
    made = schema()
    page = [MADE, "# Campaign files", INTRO, "## The file", keys(made, made), *parts(made)]
    page += ["## Built-in retry rules", RETRIES, _retries()]
    return "\n\n".join(part for part in page if part) + "\n"


def _retries() -> str:
    rows = [
        (f"`{outcome.value}`", str(rule.attempts), f"{rule.delay / 60:g} min", f"{rule.growth:g}")
        for outcome, rule in DEFAULTS.items()
    ]
    return table(("outcome", "attempts", "delay", "growth"), rows)

"""The page of what a filter may ask: made from the fields themselves."""

from campaigns.selection.fields import Kind
from campaigns.selection.known import KNOWN
from cli.markdown import MADE, table

INTRO = "Which leads a campaign means (`leads.filter`), and which `dialplane leads count` counts."
PREFIXED = (
    ("`attempts.NAME`", Kind.NUMBER, "attempts that came to the outcome NAME, or were filed so"),
    ("`lead.NAME`", Kind.TEXT, "the column NAME of the list's file"),
    ("`custom.NAME`", "as declared", "the field NAME of the CRM file, with `indexed: true`"),
)
FORMS = (
    ('`stage = "won"`, `!=`', "the same text, letter by letter; or another one"),
    ('`name contains "精密"`, `name begins "王"`', "a part of a text; its beginning"),
    ("`score >= 50`, `>`, `<=`, `<`, `=`, `!=`", "numbers, up to six decimals"),
    ("`do_not_call = true`", "or `false`"),
    ('`lead.city in ("北京", "上海")`', "one of several"),
    ("`last_call within 3d`", "at most so long ago, or later; `90m`, `72h`, `3d`, `2w`"),
    ("`last_call before 3d`", "longer ago than that"),
    ("`owner is empty`, `owner is not empty`", "whether there is anything"),
    ("`tag manufacturing/equipment`", "has that tag, or one below it"),
    ("`not`, `and`, `or`, `( )`", "`and` binds more than `or`, `not` more than both"),
)
EMPTY = (
    "Whatever is asked of a field that is empty is false, so `not` of it is true: "
    '`not stage = "won"` takes in whoever has no stage. A text without a letter is empty.'
)


def filter_page() -> str:
    """What may be said, of which fields."""
    fields = [(f"`{name}`", field.kind, field.meaning) for name, field in KNOWN.items()]
    return (
        "\n\n".join(
            (
                MADE,
                "# Filters",
                INTRO,
                table(("what may be said", "what it means"), FORMS),
                EMPTY,
                "## Fields",
                table(("field", "holds", "what it is"), [*fields, *PREFIXED]),
            )
        )
        + "\n"
    )

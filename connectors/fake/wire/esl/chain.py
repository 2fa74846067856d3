"""What a channel is to do, read from what an originate or a transfer says.

`&park()`, `'m:^:event:x^sleep:500^park' inline`, `park inline`, or an extension of a dialplan; of
those the fake PBX has none.
"""

from connectors.fake.wire.esl.channel import Step

NO_EXTENSION: list[Step] = [("hangup", "NO_ROUTE_DESTINATION")]
MOST = 50  # applications in a chain


def words(text: str) -> list[str]:
    """Split at spaces that do not stand in single quotes; the quotes go."""
    found, quoted, word, begun = [], False, "", False
    for char in text:
        if char == "'":
            quoted, begun = not quoted, True
        elif char == " " and not quoted:
            found += [word] if begun else []
            word, begun = "", False
        else:
            word, begun = word + char, True
    return [*found, word] if begun else found


def chain(said: list[str]) -> list[Step]:
    """The applications that the words ask for: an extension, and perhaps its dialplan."""
    first = said[0] if said else ""
    if first.startswith("&"):
        name, _, data = first[1:].partition("(")
        return [(name, data.removesuffix(")"))]
    if len(said) > 1 and said[1].lower() == "inline":
        return _inline(first)
    return list(NO_EXTENSION)


def _inline(text: str) -> list[Step]:
    mark = ","
    if text.startswith("m:") and text[3:4] == ":":
        mark, text = text[2], text[4:]
    steps = (one.partition(":") for one in text.split(mark, MOST)[:MOST])
    return [(name, data) for name, _, data in steps]

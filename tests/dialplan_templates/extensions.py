"""An independent reading of extensions.conf, after Asterisk's config.c, pbx_config.c and pbx.c.

What an Asterisk would have after loading a file: contexts, their extensions, each with the
priority, label, application and argument of its lines.
"""

import re
from dataclasses import dataclass, field

Line = tuple[int, str, str, str]  # priority, label, application, argument
_APPLICATION = re.compile(r"([A-Za-z]+)(?:\((.*)\))?", re.DOTALL)
_PRIORITY = re.compile(r"(n|hint|\d+)(?:\(([^()]*)\))?")


@dataclass
class Dialplan:
    """`contexts`: extension: lines, by context. `odd`: lines that are nothing of these."""

    contexts: dict[str, dict[str, list[Line]]] = field(default_factory=dict)
    odd: list[str] = field(default_factory=list)

    @property
    def applications(self) -> list[str]:
        """Each use of one."""
        return [line[2] for lines in self.extensions for line in lines]

    @property
    def extensions(self) -> list[list[Line]]:
        return [lines for context in self.contexts.values() for lines in context.values()]

    @property
    def expressions(self) -> int:
        """How many variables, functions and expressions there are."""
        return sum(line[3].count("$") for lines in self.extensions for line in lines)


def parse(text: str) -> Dialplan:
    """As `dialplan reload` reads it."""
    found = Dialplan()
    context = extension = ""
    for line in _lines(text):
        if line.startswith("["):
            context, extension = line[1 : line.index("]")], ""
            found.contexts.setdefault(context, {})
            continue
        key, mark, value = line.partition("=")
        value = value.removeprefix(">").strip()
        if not mark or key.strip() not in ("exten", "same") or not context:
            found.odd.append(line)
            continue
        if key.strip() == "exten":
            extension, _, value = value.partition(",")
        lines = found.contexts[context].setdefault(extension.strip(), [])
        lines.append(_step(value.strip(), lines[-1][0] if lines else 0, found))
    return found


def without_priorities(it: Dialplan) -> dict[str, dict[str, list[tuple[str, str, str]]]]:
    """Of each line the label, the application and what it is given."""
    return {
        context: {name: [line[1:] for line in lines] for name, lines in held.items()}
        for context, held in it.contexts.items()
    }


def _step(value: str, before: int, found: Dialplan) -> Line:
    priority, _, rest = value.partition(",")
    told, called = _PRIORITY.fullmatch(priority.strip()), _APPLICATION.fullmatch(rest.strip())
    if told is None or called is None:
        found.odd.append(value)
        return before + 1, "", "", value
    nth = before + 1 if told[1] == "n" else int(told[1])
    return nth, told[2] or "", called[1], called[2] or ""


def _lines(text: str) -> list[str]:
    """Without comments: of a line from `;` on, but `\\;`; of a block from `;--` to `--;`."""
    kept, block = [], False
    for raw in re.split(r"\r?\n|\r", text):
        line, out, i = raw, "", 0
        while i < len(line):
            if block:
                end = line.find("--;", i)
                block, i = end < 0, len(line) if end < 0 else end + 3
            elif line.startswith(";--", i) and not line.startswith(";---", i):
                block, i = True, i + 3
            elif line[i] == ";" and line[i - 1 : i] != "\\":
                break
            else:
                out, i = out + line[i], i + 1
        if out.strip():
            kept.append(out.strip())
    return kept

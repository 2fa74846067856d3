"""A page of Markdown, and what is written in it."""

import re
from dataclasses import dataclass
from pathlib import Path

SAVED = re.compile(r"Save this as `([^`]+)`[^\n]*\n\n```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Page:
    """A page of Markdown. `prose`: without its code blocks."""

    path: Path

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def prose(self) -> str:
        return FENCE.sub("", self.text)

    def blocks(self, language: str) -> list[str]:
        """Its code blocks in a language."""
        return [body for found, body in FENCE.findall(self.text) if found == language]

    def saved(self) -> dict[str, str]:
        """Files that the reader is to save, by name: "Save this as `NAME`", and a block."""
        return dict(SAVED.findall(self.text))

    def section(self, head: str) -> str:
        """What stands below a heading of two `#`."""
        return self.text.split(f"\n## {head}\n", 1)[1].split("\n## ", 1)[0]

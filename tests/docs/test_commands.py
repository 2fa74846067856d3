"""Every `dialplane ...` that a page shows can be typed."""

import re
import shlex
from typing import Any, cast

import pytest
import typer

from cli.main import app
from tests.docs.page import Page

INLINE = re.compile(r"`(dialplane(?: [^`]*)?)`")
USAGE = cast(type[Exception], typer.BadParameter.__mro__[1])  # wherever Typer keeps it
ENDS = {"|", "&&", ";", ">", "||", "2>", ">>"}


def test_every_line_of_a_block_parses(pages: list[Page]) -> None:
    wrong = [f"{where}: {why}" for where, line in _lines(pages) if (why := _why_not(line))]

    assert not wrong, "\n".join(wrong)


def test_every_command_named_in_a_sentence_exists(pages: list[Page]) -> None:
    named = [(page.path.name, text) for page in pages for text in INLINE.findall(page.prose)]
    wrong = [f"{where}: {text}: {why}" for where, text in named if (why := _unknown(text))]

    assert named
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "line",
    [
        "dialplane campaign valdate spring.yaml",
        "dialplane campaign validate",
        "dialplane simulate spring.yaml --agent 25",
        "dialplane simulate spring.yaml --agents many",
    ],
)
def test_a_line_that_cannot_be_typed_is_found(line: str) -> None:
    assert _why_not(line)


def test_an_option_that_does_not_exist_is_found_in_a_sentence() -> None:
    assert _unknown("dialplane pbx config --onto /etc")
    assert not _unknown("dialplane pbx config --into /etc/asterisk")
    assert not _unknown("dialplane agent")


def _lines(pages: list[Page]) -> list[tuple[str, str]]:
    found = [
        (page.path.name, command)
        for page in pages
        for block in page.blocks("sh")
        for line in block.splitlines()
        if (command := _command(line))
    ]
    assert found
    return found


def _command(line: str) -> str:
    """The part of a shell line that is ours; empty when there is none."""
    words = shlex.split(line, comments=True)
    while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
        del words[0]
    end = next((i for i, word in enumerate(words) if word in ENDS), len(words))
    ours = bool(words) and words[0].endswith("dialplane") and not words[0].startswith("https:")
    return shlex.join(words[:end]) if ours else ""


def _why_not(line: str) -> str:
    """Why a line cannot be typed; empty when it can. Nothing is run."""
    try:
        command, words, context = _descend(shlex.split(line)[1:])
        command.make_context(str(command.name), words, parent=context)
    except typer.Exit:
        return ""  # --help and --version
    except USAGE as wrong:
        return f"{line}: {getattr(wrong, 'message', wrong)}"
    return ""


def _unknown(text: str) -> str:
    """The first word of a command in a sentence that does not exist; its arguments may lack."""
    words = [word for word in shlex.split(text)[1:] if word != "..."]
    try:
        command, rest, _ = _descend(words)
    except USAGE as wrong:
        return str(getattr(wrong, "message", wrong))
    known = {option for param in command.params for option in param.opts} | {"--help", "-h"}
    return next((word for word in rest if word.startswith("-") and word not in known), "")


def _descend(words: list[str]) -> tuple[Any, list[str], Any]:
    """The command that words lead to, the words left for it, and its parent's context."""
    command: Any = typer.main.get_command(app)
    context: Any = None
    while hasattr(command, "resolve_command"):
        named = command.make_context(
            str(command.name), list(words) or ["-h"], parent=context, resilient_parsing=not words
        )
        left = [*named._protected_args, *named.args]
        if not left:
            return command, [], context
        _, command, words = command.resolve_command(named, left)
        context = named
    return command, words, context

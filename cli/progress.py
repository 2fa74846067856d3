"""A bar on the terminal while something takes its time; nothing where nobody looks."""

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from cli.output import console


def bar(quiet: bool) -> Progress:
    """A bar on stderr that is gone when it is done."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    screen = console(stderr=True)
    disable = quiet or not screen.is_terminal
    return Progress(
        *columns, TimeRemainingColumn(), console=screen, transient=True, disable=disable
    )

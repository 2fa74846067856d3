"""What is wrong with a filter, at its place."""


class BadFilter(Exception):
    """`at`: the character of the text where it is, from 1."""

    def __init__(self, at: int, message: str, hint: str = "") -> None:
        self.at, self.message, self.hint = at, message, hint
        super().__init__(f"character {at}: {message}{f'; {hint}' if hint else ''}")

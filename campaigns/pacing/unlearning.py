"""What pacers without a memory have in common."""


class Unlearning:
    """All segments are one, and nothing is learned."""

    __slots__ = ()

    def segment(self, name: str) -> int:
        return 0

    def learn_placed(self, segment: int) -> None: ...

    def learn_end(self, segment: int, age: float, how: str) -> None: ...

    def learn_talk(self, talk: float, wrap_up: float) -> None: ...

    def learn_live(self, abandoned: bool) -> None: ...

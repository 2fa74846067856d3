"""One manager session: greeted, logged in, answered, told, until it logs off."""

import hashlib
import secrets

from connectors.fake.wire.ami.actions import ACTIONS
from connectors.fake.wire.ami.answers import Answers, error, ok
from connectors.fake.wire.ami.board import Board
from connectors.fake.wire.ami.codec import Action, Packet, Reader, encode
from connectors.fake.wire.server import Line, same

GREETING = b"Asterisk Call Manager/11.0.0\r\n"
BY_NAME = {name.lower(): action for name, action in ACTIONS.items()}
ALL, NONE = ("on", "all", "true", "1", "-1"), ("off", "none", "false", "0")


class Session:
    """See `server.Talk`. `user` and `secret` are the one account there is."""

    def __init__(self, board: Board, line: Line, user: str, secret: str) -> None:
        self.known = False
        self._board = board
        self._line = line
        self._user, self._secret = user, secret
        self._reader = Reader()
        self._challenge = ""
        self._classes: frozenset[str] | None = frozenset()  # None: all of them

    def begin(self) -> None:
        self._line.write(GREETING)

    def hear(self, data: bytes) -> None:
        for action in self._reader.feed(data):
            if self._line.is_open:
                self._answer(action)

    def end(self) -> None:
        self._board.listeners.discard(self._told)

    def _answer(self, action: Action) -> None:
        for packet in self._answers(action):
            self._line.write(encode(_about(action, packet)))
        if action.name == "login" and self.known:
            self._line.write(encode(self._booted()))
        elif action.name in ("login", "logoff"):
            self._line.close()

    def _answers(self, action: Action) -> Answers:
        if action.wrong:
            return [error(action.wrong)]
        if not action.name:
            return [error("Missing action in request")]
        handler = {
            "challenge": self._challenged,
            "login": self._log_in,
            "logoff": self._log_off,
            "events": self._events,
        }.get(action.name)
        if handler is not None and (self.known or action.name in ("challenge", "login", "logoff")):
            return [handler(action)]
        if not self.known:
            return [error("Permission denied")]
        if action.name not in BY_NAME:
            return [
                error(
                    f"Invalid/unknown command: {action['Action']}. Use Action: ListCommands to "
                    "show available commands."
                )
            ]
        return BY_NAME[action.name](self._board, action)

    def _challenged(self, action: Action) -> Packet:
        if action["AuthType"].lower() != "md5":
            return error("Must specify AuthType")
        self._challenge = str(secrets.randbelow(1_000_000_000))
        return ok("", ("Challenge", self._challenge))

    def _log_in(self, action: Action) -> Packet:
        if action["AuthType"].lower() == "md5":
            text = f"{self._challenge}{self._secret}".encode()
            expected = hashlib.md5(text, usedforsecurity=False).hexdigest()
            right = bool(self._challenge) and same(action["Key"].lower(), expected)
        else:
            right = same(action["Secret"], self._secret)
        self._challenge = ""
        self.known = same(action["Username"], self._user) and right
        if not self.known:
            return error("Authentication failed")
        self._wants(action["Events"] or "on")
        self._board.listeners.add(self._told)
        return ok("Authentication accepted")

    def _log_off(self, action: Action) -> Packet:
        return (("Response", "Goodbye"), ("Message", "Thanks for all the fish."))

    def _events(self, action: Action) -> Packet:
        on = self._wants(action["EventMask"])
        return ok("", ("Events", "On" if on else "Off"))

    def _wants(self, mask: str) -> bool:
        words = frozenset(word.strip().lower() for word in mask.split(","))
        if words & {*ALL}:
            self._classes = None
        else:
            self._classes = words - {*NONE}
        return self._classes != frozenset()

    def _told(self, kind: str, data: bytes) -> None:
        if self._classes is None or kind in self._classes:
            self._line.write(data)

    def _booted(self) -> Packet:
        up = int((self._board.switch.now() - self._board.began).total_seconds())
        return (
            ("Event", "FullyBooted"),
            ("Privilege", "system,all"),
            ("Uptime", str(up)),
            ("LastReload", str(up)),
            ("Status", "Fully Booted"),
        )


def _about(action: Action, packet: Packet) -> Packet:
    """An answer names what it answers, in its second line."""
    asked = action["ActionID"]
    return (packet[0], ("ActionID", asked), *packet[1:]) if asked else packet

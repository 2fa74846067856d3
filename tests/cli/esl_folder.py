"""An event socket over a folder of XML: as much of a FreeSWITCH as installing a dialplan asks."""

import re
import socketserver
import threading
import xml.etree.ElementTree as ET
from contextlib import suppress
from pathlib import Path

INCLUDE = re.compile(r'<X-PRE-PROCESS cmd="include" data="([^"]+)"/>')


class Switch(socketserver.ThreadingTCPServer):
    """Reads `dialplan/*.xml` of its folder at `reloadxml`, all at once; keeps what it had where
    that is no XML. `deny`: a command that nobody may give."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Talk)
        self.folder, self.deny = folder, ""
        self.root = ET.Element("section")
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"esl://:secret@127.0.0.1:{self.server_address[1]}"

    def answer(self, command: str) -> str:
        name, _, rest = command.partition(" ")
        if name == self.deny:
            return ""
        if name == "reloadxml":
            return self.reload()
        if name == "xml_locate":
            found = self.root.find(f"context[@name='{rest.split()[-1]}']")
            return "can't find anything\n" if found is None else ET.tostring(found, "unicode")
        return str(self.folder / "sounds")

    def reload(self) -> str:
        texts = [_read(path) for path in sorted((self.folder / "dialplan").glob("*.xml"))]
        try:
            self.root = ET.fromstring(f"<section>{''.join(texts)}</section>")  # noqa: S314 - ours
        except ET.ParseError as wrong:
            return f"+OK [[error near line 1]: {wrong}]\n"
        return "+OK [Success]\n"


class Talk(socketserver.StreamRequestHandler):
    server: Switch

    def handle(self) -> None:
        with suppress(ConnectionError):  # whoever leaves resets the connection
            self.talk()

    def talk(self) -> None:
        self.wfile.write(b"Content-Type: auth/request\n\n")
        while line := self.rfile.readline():
            command = line.decode().strip()
            if command.startswith("auth"):
                self.wfile.write(b"Content-Type: command/reply\nReply-Text: +OK accepted\n\n")
            elif command:
                self.reply(self.server.answer(command.removeprefix("api ")).encode())

    def reply(self, body: bytes) -> None:
        if body:
            head = f"Content-Type: api/response\nContent-Length: {len(body)}\n\n"
            self.wfile.write(head.encode() + body)
        else:
            refused = b"Content-Type: command/reply\nReply-Text: -ERR permission denied\n\n"
            self.wfile.write(refused)


def _read(path: Path) -> str:
    text = re.sub(r"</?include>|<!--.*?-->", "", path.read_text(), flags=re.DOTALL)
    return INCLUDE.sub(lambda told: "".join(map(_read, sorted(path.parent.glob(told[1])))), text)

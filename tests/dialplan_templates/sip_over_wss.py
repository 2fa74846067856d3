"""A browser's phone, as far as it registers: SIP over a secure WebSocket (RFC 7118)."""

import base64
import hashlib
import re
import secrets
import socket
import ssl

from lab.closing import Closing

REGISTER = """\
REGISTER sip:127.0.0.1 SIP/2.0
Via: SIP/2.0/WSS browser.invalid;branch=z9hG4bK{branch}
From: <sip:{user}@127.0.0.1>;tag={call}
To: <sip:{user}@127.0.0.1>
Call-ID: {call}
CSeq: {number} REGISTER
Max-Forwards: 70
Contact: <sip:{user}@browser.invalid;transport=ws>;expires=60
{credentials}Content-Length: 0

"""


class SipOverWss(Closing):
    """Trusts any certificate: what is tested is whether the PBX serves one."""

    def __init__(self, port: int) -> None:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        plain = socket.create_connection(("127.0.0.1", port), timeout=10)
        self._socket = context.wrap_socket(plain)
        self._number = 0
        key = base64.b64encode(secrets.token_bytes(16)).decode()
        self._socket.sendall(
            f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: sip\r\n\r\n".encode()
        )
        self._file = self._socket.makefile("rb")
        head = self._file.readline()
        while self._file.readline() not in (b"\r\n", b""):
            pass
        assert b" 101 " in head, head

    def register(self, user: str, password: str) -> str:
        """The status that registering ends with."""
        call = secrets.token_hex(8)
        asked = self._ask(REGISTER, user=user, call=call, credentials="")
        return _status(
            self._ask(REGISTER, user=user, call=call, credentials=_digest(asked, user, password))
        )

    def close(self) -> None:
        self._file.close()
        self._socket.close()

    def _ask(self, form: str, **values: str) -> str:
        self._number += 1
        text = form.format(branch=secrets.token_hex(8), number=self._number, **values)
        self._send(text.replace("\n", "\r\n").encode())
        while not (answer := self._receive()).startswith("SIP/2.0"):
            pass  # the PBX asks for a sign of life
        return answer

    def _send(self, payload: bytes) -> None:
        mask = secrets.token_bytes(4)
        masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
        self._socket.sendall(b"\x81\xfe" + len(payload).to_bytes(2) + mask + masked)

    def _receive(self) -> str:
        length = self._file.read(2)[1]
        if length == 126:
            length = int.from_bytes(self._file.read(2))
        return self._file.read(length).decode()


def _status(answer: str) -> str:
    return answer.split(" ")[1]


def _digest(asked: str, user: str, password: str) -> str:
    [nonce] = re.findall(r'nonce="([^"]+)"', asked)[:1]
    [realm] = re.findall(r'realm="([^"]+)"', asked)[:1]
    uri, cnonce = "sip:127.0.0.1", secrets.token_hex(8)
    first, second = _md5(f"{user}:{realm}:{password}"), _md5(f"REGISTER:{uri}")
    answer = _md5(f"{first}:{nonce}:00000001:{cnonce}:auth:{second}")
    return (
        f'Authorization: Digest username="{user}", realm="{realm}", nonce="{nonce}", uri="{uri}", '
        f'response="{answer}", algorithm=MD5, qop=auth, nc=00000001, cnonce="{cnonce}"\n'
    )


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

"""An Asterisk on another machine fetches the sounds of calls from a web server."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from lab.asterisk import AsteriskNode
from lab.carrier import Carrier
from speech.sounds import Sounds
from tests.dialplan_templates.calling import call_all
from tests.dialplan_templates.dialplane import Dialplane
from tests.dialplan_templates.flow_files import SPOKEN, flow
from tests.dialplan_templates.speakers import SAID, caller, expected, heard

MODULES = ("res_curl.so", "res_http_media_cache.so")


class Shelf(SimpleHTTPRequestHandler):
    """A web server's folder. It keeps no log."""

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def shelf(tones: Sounds) -> Iterator[str]:
    """Where the sounds of calls can be fetched."""
    handler = partial(Shelf, directory=str(tones.cache.folder.parent))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/said"
        server.shutdown()
        thread.join()


@pytest.fixture
def fetching(asterisk: AsteriskNode) -> Iterator[None]:
    """An Asterisk that can play what is on the web."""
    with asterisk.ami() as session:
        for name in MODULES:
            loaded = session.action("ModuleLoad", {"Module": name, "LoadType": "load"})
            assert loaded["Response"] == "Success", loaded
        yield
        for name in reversed(MODULES):
            session.action("ModuleLoad", {"Module": name, "LoadType": "unload"})


@pytest.mark.usefixtures("fetching")
def test_an_asterisk_elsewhere_fetches_the_sound_of_a_call(
    asterisk: AsteriskNode, carrier: Carrier, tones: Sounds, shelf: str, dialplane: Dialplane
) -> None:
    voice = replace(tones, played_from=shelf)
    call = replace(caller(SPOKEN, ""), number="49305557046", voice=voice)
    call_all(asterisk, carrier, {SPOKEN: flow(SPOKEN)}, [call], 40, dialplane)
    assert call.told == expected(call)
    assert [e for e in call.events if e["What"] == "missing"] == []
    assert heard(carrier, call) == {SAID}

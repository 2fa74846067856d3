import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from sqlalchemy import create_engine, text, update

from lab.wait import until
from storage import outbox, receivers
from storage.dbtime import db_time
from storage.messages import Message
from storage.outbox import write_messages
from storage.tables.deliveries import DELIVERIES
from workers import deliver
from workers.context import Context, use
from workers.settings_file import load_settings

SECRET = "whsec_" + "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0"


class Hook:
    """A receiver on loopback that answers what it is told to."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.status = 204
        self.url = ""
        self.hangs = threading.Event()
        self.hangs.set()


@pytest.fixture
def hook() -> Iterator[Hook]:
    state = Hook()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            state.hangs.wait(60)
            state.seen.append(self.headers["idempotency-key"])
            self.send_response(state.status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False  # closing waits until every connection is closed
    state.url = f"http://127.0.0.1:{server.server_port}/"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield state
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def context(make_site: Callable[..., Any], database_url: str, hook: Hook) -> Context:
    """A site with a webhook and a table, and 60 messages waiting."""
    site = make_site(database_url)
    crm = f"sqlite:///{site.settings.home / 'crm.db'}"
    engine = create_engine(crm)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE calls (idempotency_key TEXT UNIQUE, number TEXT)"))
    engine.dispose()
    (site.settings.home / "dialplane.toml").write_text(
        f'[webhook]\nurl = "{hook.url}"\nsecret = "{SECRET}"\nallow_private = true\n'
        f'[crm_table]\nurl = "{crm}"\ntable = "calls"\n'
    )
    with site.store.writing() as connection:
        messages = [Message("attempt.ended", f"key-{n}", {"number": f"+{n}"}) for n in range(60)]
        write_messages(connection, messages)
    settings = load_settings(site.settings.home, site.environ)
    made = Context(settings, site.store, site.redis_url, "w1")
    use(made)
    return made


def in_table(context: Context) -> set[str]:
    assert context.settings.crm_table is not None
    engine = create_engine(context.settings.crm_table.url.get_secret_value())
    with engine.connect() as connection:
        found = set(connection.execute(text("SELECT idempotency_key FROM calls")).scalars())
    engine.dispose()
    return found


def due_now(context: Context) -> None:
    with context.store.writing() as connection:
        connection.execute(update(DELIVERIES).values(next_at=db_time()))


def test_everything_due_is_delivered_to_every_adapter(context: Context, hook: Hook) -> None:
    deliver.deliver()

    assert len(hook.seen) == len(set(hook.seen)) == 60
    assert in_table(context) == {f"key-{n}" for n in range(60)}
    assert outbox.backlog(context.store) == outbox.Backlog(0, 0, 0.0)


def test_one_that_is_away_makes_no_other_hear_things_twice(context: Context, hook: Hook) -> None:
    hook.status = 503
    deliver.deliver()
    assert outbox.backlog(context.store).waiting == 60
    assert len(in_table(context)) == 60

    emptied = create_engine(context.settings.crm_table.url.get_secret_value())  # type: ignore[union-attr]
    with emptied.begin() as connection:
        connection.execute(text("DELETE FROM calls"))
    emptied.dispose()
    hook.status = 204
    hook.seen.clear()
    due_now(context)
    deliver.deliver()
    assert len(hook.seen) == 60
    assert outbox.backlog(context.store).waiting == 0
    assert in_table(context) == set()


def test_one_that_hangs_keeps_no_other_waiting(context: Context, hook: Hook) -> None:
    hook.hangs.clear()
    job = threading.Thread(target=deliver.deliver)
    job.start()
    try:
        until(lambda: len(in_table(context)) == 60, 20)
        with context.store.writing() as connection:
            late = [Message("attempt.ended", "late", {"number": "+1"})]
            write_messages(connection, late)
        until(lambda: "late" in in_table(context), 20)
        assert job.is_alive()
    finally:
        context.stop.set()
        hook.hangs.set()
        job.join()


def test_what_changes_of_customers_goes_to_who_wants_it_and_not_back(
    context: Context, hook: Hook
) -> None:
    settings = context.settings
    assert settings.webhook is not None
    wants = settings.webhook.model_copy(update={"customers": True, "source": "shop"})
    use(replace(context, settings=settings.model_copy(update={"webhook": wants})))
    with context.store.writing() as connection:
        changed = [
            Message("customer.changed", f"c-{who}", {"origin": who, "customer_id": who})
            for who in ("shop", "erp")
        ]
        write_messages(connection, changed)
    deliver.deliver()
    assert {key for key in in_table(context) if key.startswith("c-")} == set()
    assert len(hook.seen) == 61  # the one of the shop's own is not among them
    assert outbox.backlog(context.store).waiting == 0


def test_what_is_refused_for_good_by_all_is_dead_with_the_reason(
    context: Context, hook: Hook
) -> None:
    hook.status = 400
    settings = context.settings.model_copy(update={"crm_table": None})
    use(Context(settings, context.store, context.redis_url, "w1"))
    deliver.deliver()
    assert outbox.backlog(context.store).dead == 60
    assert receivers.dead(context.store)[0].last_error == "127.0.0.1: answered 400"


def test_a_table_that_is_missing_fails_nothing_else(context: Context, hook: Hook) -> None:
    assert context.settings.crm_table is not None
    table = context.settings.crm_table.model_copy(update={"table": "elsewhere"})
    settings = context.settings.model_copy(update={"crm_table": table})
    use(Context(settings, context.store, context.redis_url, "w1"))
    deliver.deliver()
    assert len(hook.seen) == 60
    backlog = outbox.backlog(context.store)
    assert (backlog.waiting, backlog.dead) == (60, 0)


def test_without_any_adapter_there_is_nobody_to_tell(context: Context) -> None:
    settings = context.settings.model_copy(update={"crm_table": None, "webhook": None})
    use(Context(settings, context.store, context.redis_url, "w1"))
    deliver.deliver()
    assert outbox.backlog(context.store).waiting == 0


def test_a_worker_that_is_to_stop_takes_no_further_batch(context: Context, hook: Hook) -> None:
    context.stop.set()
    deliver.deliver()
    assert hook.seen == []

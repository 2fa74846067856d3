"""What a site of some years holds: attempts that are over, with all that belongs to them.

Written by the database itself, so that a million of them take a minute. Every invariant holds.
"""

from datetime import UTC, datetime

from storage import campaigns
from storage.engine import Store
from storms.plan import plan

NAME = "past"
TRIES = 3  # attempts to each lead, days apart
_CUSTOMERS = """
INSERT INTO customers (id, number, name, external_ref, created_at, updated_at, idle_since,
  last_outcome, last_disposition, contacts, do_not_call)
SELECT gen_random_uuid(), '+1646' || lpad(n::text, 7, '0'), 'Customer ' || n, 'CRM-' || n,
  at, at, at, 'busy', 'busy', 0, false
FROM (SELECT now() - interval '40 days' AS at) before, generate_series(1, %(leads)s) n
"""
_LEADS = """
INSERT INTO leads (id, list_name, customer_id, number, name, rank, segment, skills, zones,
  external_ref, fields, state, next_at, tries, attempts_total, last_outcome, last_disposition,
  created_at)
SELECT gen_random_uuid(), 'past', id, number, name, 0, 'old', '[]', 'America/New_York',
  external_ref, jsonb_build_object('city', 'New York', 'plan', name), 'done',
  now() - interval '1 day', '{"busy": 3}', 3, 'busy', 'busy', created_at
FROM customers WHERE number LIKE '+1646%%'
"""
_ATTEMPTS = """
INSERT INTO attempts (id, campaign, campaign_version, lead_id, customer_id, number, node, trunk,
  caller_id, token, state, placed_at, stored_at, open_until, period, ringing_at, ended_at,
  outcome, disposition, reason, cause, party, note)
SELECT gen_random_uuid(), 'past', 1, id, customer_id, number, 'main', 'carrier', '+12125550100', 1,
  'ended', at, at, at + interval '1 day', to_char(at, 'YYYY-MM-DD'), at + interval '1 second',
  at + interval '5 seconds', 'busy', 'busy', 'busy', '17 User busy, SIP 486', '', ''
FROM (SELECT l.*, now() - interval '31 days' + interval '10 days' * try
    + interval '0.1 seconds' * (row_number() OVER (PARTITION BY try) %% 800000) AS at
  FROM leads l CROSS JOIN generate_series(0, 2) try WHERE l.list_name = 'past') placed
ORDER BY at LIMIT %(count)s
"""
_EVENTS = """
INSERT INTO attempt_events (attempt_id, at, what, token, stored_at, detail)
SELECT id, at, what, 1, at, '' FROM (
  SELECT id, placed_at AS at, 'placed' AS what FROM attempts WHERE campaign = 'past'
  UNION ALL SELECT id, ended_at, 'ended' FROM attempts WHERE campaign = 'past') told
ORDER BY at
"""
_OUTBOX = """
INSERT INTO outbox (id, kind, idempotency_key, payload, created_at, attempts, next_at,
  delivered_at, last_error)
SELECT gen_random_uuid(), 'attempt.ended', id || ':ended',
  to_jsonb(attempts) || jsonb_build_object('attempt_id', id, 'list', 'past', 'final', true),
  ended_at, 1, ended_at, ended_at, ''
FROM attempts WHERE campaign = 'past'
"""
_LISTED = """
INSERT INTO do_not_call (number, scope, source, added_at, stored_at)
SELECT '+1917' || lpad(n::text, 7, '0'), '*', 'national', now(), now()
FROM generate_series(1, %(listed)s) n
"""
_STEPS = (_CUSTOMERS, _LEADS, _ATTEMPTS, _EVENTS, _OUTBOX, _LISTED)


def remember(store: Store, count: int) -> None:
    """Put `count` attempts of the last month into a PostgreSQL database."""
    now = datetime.now(UTC)
    campaigns.apply(store, plan(NAME, again=True), f"name: {NAME}", now)
    given = {"count": count, "leads": -(-count // TRIES), "listed": count // 10}
    with store.writing() as connection:
        for step in _STEPS:
            connection.exec_driver_sql(step, given)
    with store.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("ANALYZE")

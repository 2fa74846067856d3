"""Every table, for the migrations: importing this fills `METADATA`."""

from storage.columns import Row
from storage.tables.agents import AGENT_ORDERS, AGENT_STATES, AGENTS
from storage.tables.attempts import ATTEMPT_EVENTS, ATTEMPTS
from storage.tables.campaigns import CAMPAIGN_VERSIONS, CAMPAIGNS, LEASES, PACING_MEMORIES
from storage.tables.flows import FLOW_ANSWERS, FLOW_RECORDINGS, FLOW_STEPS
from storage.tables.hooks import HOOKS
from storage.tables.inbound import INBOUND_CALLS
from storage.tables.lists import DO_NOT_CALL
from storage.tables.people import CUSTOMERS, LEADS
from storage.tables.records import META, OUTBOX, PACING_DECISIONS

METADATA = Row.metadata
TABLES = (
    CUSTOMERS,
    LEADS,
    ATTEMPTS,
    ATTEMPT_EVENTS,
    FLOW_ANSWERS,
    FLOW_STEPS,
    FLOW_RECORDINGS,
    INBOUND_CALLS,
    CAMPAIGNS,
    CAMPAIGN_VERSIONS,
    LEASES,
    AGENTS,
    AGENT_STATES,
    AGENT_ORDERS,
    DO_NOT_CALL,
    OUTBOX,
    HOOKS,
    PACING_DECISIONS,
    PACING_MEMORIES,
    META,
)

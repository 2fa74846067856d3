"""Every table, for the migrations: importing this fills `METADATA`."""

from storage.columns import Row
from storage.tables.agents import AGENT_ORDERS, AGENT_STATES, AGENTS
from storage.tables.attempts import ATTEMPT_EVENTS, ATTEMPTS
from storage.tables.campaigns import CAMPAIGN_VERSIONS, CAMPAIGNS, LEASES, PACING_MEMORIES
from storage.tables.changes import API_REQUESTS, CUSTOMER_CHANGES
from storage.tables.contacts import CONTACT_POINTS, CUSTOMER_REFS
from storage.tables.crm import CUSTOM_FIELDS, CUSTOMER_TAGS, FIELD_VALUES, STAGES, TAGS
from storage.tables.deliveries import DELIVERIES, PULLS, RECEIVERS
from storage.tables.flows import FLOW_ANSWERS, FLOW_RECORDINGS, FLOW_STEPS
from storage.tables.hooks import HOOKS
from storage.tables.inbound import INBOUND_CALLS
from storage.tables.lists import DO_NOT_CALL
from storage.tables.people import CUSTOMERS, LEADS
from storage.tables.records import META, OUTBOX, PACING_DECISIONS
from storage.tables.rules import RULE_ACTS, RULE_FILES, RULES
from storage.tables.timeline import CONSENTS, FOLLOW_UPS, STAGE_CHANGES, TOUCHES

METADATA = Row.metadata
TABLES = (
    CUSTOMERS,
    LEADS,
    CONTACT_POINTS,
    CUSTOMER_REFS,
    STAGES,
    CUSTOM_FIELDS,
    FIELD_VALUES,
    TAGS,
    CUSTOMER_TAGS,
    TOUCHES,
    STAGE_CHANGES,
    FOLLOW_UPS,
    CONSENTS,
    CUSTOMER_CHANGES,
    RULE_FILES,
    RULES,
    RULE_ACTS,
    API_REQUESTS,
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
    DELIVERIES,
    RECEIVERS,
    PULLS,
    HOOKS,
    PACING_DECISIONS,
    PACING_MEMORIES,
    META,
)

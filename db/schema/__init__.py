"""The tables, each with the questions that its indexes answer."""

from db.schema.base import metadata
from db.schema.catalog import channel_bindings, environments, job_versions, jobs, sources
from db.schema.runs import (
    BY_VALUE,
    BY_VALUE_THERE,
    SOUGHT,
    attempts,
    card_posts,
    cards,
    confirmations,
    execution_parameters,
    executions,
    log_lines,
    turns,
)
from db.schema.safety import (
    audit_events,
    audit_head,
    environment_locks,
    freeze_windows,
    grants,
    second_factors,
)

__all__ = [
    "BY_VALUE",
    "BY_VALUE_THERE",
    "SOUGHT",
    "attempts",
    "audit_events",
    "audit_head",
    "card_posts",
    "cards",
    "channel_bindings",
    "confirmations",
    "environment_locks",
    "environments",
    "execution_parameters",
    "executions",
    "freeze_windows",
    "grants",
    "job_versions",
    "jobs",
    "log_lines",
    "metadata",
    "second_factors",
    "sources",
    "turns",
]

"""Tables of who may do what, what is closed, and what happened."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
)

from db.schema.base import SLACK_ID, count, created, flag, table, updated, words
from db.types import LongText, UtcDateTime

#: Who may do what where; *subject* is a person, a user group, or empty for everyone. No foreign
#: key: environment 0 is everywhere, and a unique key does not see two NULLs as the same.
grants = table(
    "grants",
    Column("id", Integer, primary_key=True),
    Column("kind", String(8), nullable=False),
    words("subject", 32),
    Column("environment_id", Integer, nullable=False),
    Column("role", String(16), nullable=False),
    Column("granted_by", SLACK_ID, nullable=False),
    created(),
    UniqueConstraint("kind", "subject", "environment_id"),
)

#: One that was opened keeps its row: who closed the environment, and why, is asked later.
environment_locks = table(
    "environment_locks",
    Column("id", Integer, primary_key=True),
    Column("environment_id", ForeignKey("environments.id"), nullable=False),
    Column("locked_by", SLACK_ID, nullable=False),
    Column("reason", LongText(), nullable=False),
    Column("until", UtcDateTime),
    Column("opened_by", SLACK_ID),
    Column("opened_at", UtcDateTime),
    flag("untold"),  # whether its channels have yet to read how it stands
    created(),
    # what is closed now
    Index("ix_environment_locks_environment_id_opened_at", "environment_id", "opened_at"),
)

freeze_windows = table(
    "freeze_windows",
    Column("id", Integer, primary_key=True),
    Column("environment_id", ForeignKey("environments.id"), nullable=False, index=True),
    Column("cron", String(255), nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("time_zone", String(64), nullable=False),
    Column("reason", LongText(), nullable=False),
    Column("made_by", SLACK_ID, nullable=False),
    created(),
)

second_factors = table(
    "second_factors",
    Column("person", SLACK_ID, primary_key=True),
    Column("secret", LongText(), nullable=False),  # encrypted with Ferry's key
    Column("enrolled_at", UtcDateTime),
    Column("last_step", BigInteger, nullable=False, default=0),
    count("failures"),
    Column("locked_until", UtcDateTime),
    Column("remembered_until", UtcDateTime),
    created(),
    updated(),
)

#: What happened, each chained to the one before; *id* has no gaps. Nothing is ever changed here.
audit_events = table(
    "audit_events",
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("actor", String(64), nullable=False),
    Column("verb", String(64), nullable=False),
    words("subject"),
    words("environment", 63),
    Column("before", JSON, nullable=False),
    Column("after", JSON, nullable=False),
    Column("reason", LongText(), nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    created(),
    # what happened to one thing; what somebody did; what happened in an environment; of a kind
    Index("ix_audit_events_subject_id", "subject", "id"),
    Index("ix_audit_events_actor_id", "actor", "id"),
    Index("ix_audit_events_environment_id", "environment", "id"),
    Index("ix_audit_events_verb_id", "verb", "id"),
)

#: The end of the chain, one row: held last in each transaction, so that the chain has one order.
audit_head = table(
    "audit_head",
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("last_id", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
    words("key_check", 16),
)

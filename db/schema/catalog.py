"""Tables of what can be run, and where."""

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, String

from db.schema.base import NAME, SLACK_ID, active, count, created, flag, table, updated, words
from db.types import LongText

environments = table(
    "environments",
    Column("id", Integer, primary_key=True),
    Column("name", NAME, nullable=False, unique=True),
    Column("kind", String(16), nullable=False),
    Column("ssh_host", String(255), nullable=False),
    Column("ssh_port", Integer, nullable=False),
    Column("ssh_user", String(64), nullable=False),
    words("ssh_key_path", 1024),
    words("ssh_passphrase_ref", 1024),
    words("proxy_jump"),
    Column("proxy_jump_host_key", LongText(), nullable=False),
    Column("host_key", LongText(), nullable=False),
    words("node_path", 1024),
    words("shell_setup", 4096),
    Column("timeout_s", Integer, nullable=False),
    Column("grace_s", Integer, nullable=False),
    Column("concurrency", Integer, nullable=False),
    count("queue_timeout_s", 12 * 3600),
    Column("connect_timeout_s", Integer),
    Column("confirmation", String(16), nullable=False),
    count("confirmations", 1),
    words("confirm_group", 32),
    flag("asks_reason"),
    flag("second_factor"),
    active(),
    created(),
    updated(),
)

channel_bindings = table(
    "channel_bindings",
    Column("channel_id", SLACK_ID, primary_key=True),
    Column("environment_id", ForeignKey("environments.id"), nullable=False, index=True),
    Column("bound_by", SLACK_ID, nullable=False),
    created(),
)

sources = table(
    "migration_sources",
    Column("id", Integer, primary_key=True),
    Column("name", NAME, nullable=False, unique=True),
    Column("description", LongText(), nullable=False),
    Column("defaults", JSON, nullable=False),
    active(),
    created(),
    updated(),
    Index("ix_migration_sources_is_active_name", "is_active", "name"),
)

jobs = table(
    "migration_jobs",
    Column("id", Integer, primary_key=True),
    Column("source_id", ForeignKey("migration_sources.id"), nullable=False),
    Column("name", NAME, nullable=False, unique=True),
    Column("version", Integer, nullable=False),
    Column("created_by", SLACK_ID, nullable=False),
    active(),
    created(),
    updated(),
    Index("ix_migration_jobs_source_id_is_active", "source_id", "is_active"),
    Index("ix_migration_jobs_is_active_name", "is_active", "name"),
    Index("ix_migration_jobs_created_at", "created_at"),
)

#: What a job said at each version: an execution runs the version that was asked for.
job_versions = table(
    "migration_job_versions",
    Column("job_id", ForeignKey("migration_jobs.id"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("script", String(1024), nullable=False),
    words("interpreter", 1024),
    words("directory", 1024),
    Column("description", LongText(), nullable=False),
    Column("parameters", JSON, nullable=False),
    Column("timeout_s", Integer),
    words("progress_pattern"),
    Column("concurrency", Integer),
    words("concurrency_key"),
    count("retry_attempts", 1),
    count("retry_delay_s", 30),
    words("retry_categories", 1024),
    Column("silence_s", Integer),
    words("silence_action", 8),  # of a version from before there was silence: empty
    words("proven_in", 63),
    Column("edited_by", SLACK_ID, nullable=False),
    created(),
)

"""The tables, each with the questions that its indexes answer.

InnoDB and ``utf8mb4_bin`` on MariaDB: text compares byte by byte there as on SQLite.
"""

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
)

from db.types import LongText, UtcDateTime

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
_NAME = String(63)
_SLACK_ID = String(32)
_OPTIONS: dict[str, Any] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "mariadb_engine": "InnoDB",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_bin",
}


def _table(name: str, *columns: Any, **options: Any) -> Table:
    return Table(name, metadata, *columns, **_OPTIONS, **options)


def _text(name: str, length: int = 255) -> Column[str]:
    return Column(name, String(length), nullable=False, default="", server_default="")


def _count(name: str, start: int = 0) -> Column[int]:
    return Column(name, Integer, nullable=False, default=start, server_default=str(start))


def _created() -> Column[Any]:
    return Column("created_at", UtcDateTime, nullable=False)


def _updated() -> Column[Any]:
    return Column("updated_at", UtcDateTime, nullable=False)


def _active() -> Column[bool]:
    return Column("is_active", Boolean, nullable=False, default=True)


environments = _table(
    "environments",
    Column("id", Integer, primary_key=True),
    Column("name", _NAME, nullable=False, unique=True),
    Column("kind", String(16), nullable=False),
    Column("ssh_host", String(255), nullable=False),
    Column("ssh_port", Integer, nullable=False),
    Column("ssh_user", String(64), nullable=False),
    _text("ssh_key_path", 1024),
    _text("ssh_passphrase_ref", 1024),
    _text("proxy_jump"),
    Column("proxy_jump_host_key", LongText(), nullable=False),
    Column("host_key", LongText(), nullable=False),
    _text("node_path", 1024),
    _text("shell_setup", 4096),
    Column("timeout_s", Integer, nullable=False),
    Column("grace_s", Integer, nullable=False),
    Column("concurrency", Integer, nullable=False),
    _count("queue_timeout_s", 12 * 3600),
    Column("connect_timeout_s", Integer),
    Column("confirmation", String(16), nullable=False),
    _active(),
    _created(),
    _updated(),
)

channel_bindings = _table(
    "channel_bindings",
    Column("channel_id", _SLACK_ID, primary_key=True),
    Column("environment_id", ForeignKey("environments.id"), nullable=False, index=True),
    Column("bound_by", _SLACK_ID, nullable=False),
    _created(),
)

sources = _table(
    "migration_sources",
    Column("id", Integer, primary_key=True),
    Column("name", _NAME, nullable=False, unique=True),
    Column("description", LongText(), nullable=False),
    Column("defaults", JSON, nullable=False),
    _active(),
    _created(),
    _updated(),
    Index("ix_migration_sources_is_active_name", "is_active", "name"),
)

jobs = _table(
    "migration_jobs",
    Column("id", Integer, primary_key=True),
    Column("source_id", ForeignKey("migration_sources.id"), nullable=False),
    Column("name", _NAME, nullable=False, unique=True),
    Column("version", Integer, nullable=False),
    Column("created_by", _SLACK_ID, nullable=False),
    _active(),
    _created(),
    _updated(),
    Index("ix_migration_jobs_source_id_is_active", "source_id", "is_active"),
    Index("ix_migration_jobs_is_active_name", "is_active", "name"),
    Index("ix_migration_jobs_created_at", "created_at"),
)

#: What a job said at each version: an execution runs the version that was asked for.
job_versions = _table(
    "migration_job_versions",
    Column("job_id", ForeignKey("migration_jobs.id"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("script", String(1024), nullable=False),
    _text("interpreter", 1024),
    _text("directory", 1024),
    Column("description", LongText(), nullable=False),
    Column("parameters", JSON, nullable=False),
    Column("timeout_s", Integer),
    _text("progress_pattern"),
    Column("concurrency", Integer),
    _text("concurrency_key"),
    _count("retry_attempts", 1),
    _count("retry_delay_s", 30),
    _text("retry_categories", 1024),
    Column("silence_s", Integer),
    _text("silence_action", 8),  # of a version from before there was silence: empty
    Column("edited_by", _SLACK_ID, nullable=False),
    _created(),
)

executions = _table(
    "migration_executions",
    Column("id", Integer, primary_key=True),
    Column("key", String(32), nullable=False, unique=True),
    Column("idempotency_key", String(255), unique=True),
    Column("job_id", ForeignKey("migration_jobs.id"), nullable=False),
    Column("job_name", _NAME, nullable=False),
    Column("job_version", Integer, nullable=False),
    Column("environment_id", ForeignKey("environments.id"), nullable=False),
    Column("environment_name", _NAME, nullable=False),
    Column("environment_kind", String(16), nullable=False),
    Column("status", String(32), nullable=False),
    _text("team_id", 32),
    _text("channel_id", 32),
    Column("requested_by", _SLACK_ID, nullable=False),
    Column("reason", LongText(), nullable=False),
    Column("parameters", JSON, nullable=False),
    Column("plan", JSON, nullable=False),
    Column("plan_hash", String(64), nullable=False),
    _created(),
    _updated(),
    Column("expires_at", UtcDateTime),
    _text("answered_by", 32),
    Column("answered_at", UtcDateTime),
    Column("queued_at", UtcDateTime),
    Column("queue_expires_at", UtcDateTime),
    _count("priority"),
    Column("not_before", UtcDateTime),
    _text("concurrency_key"),
    Column("job_concurrency", Integer),
    _count("max_attempts", 1),
    Column("started_at", UtcDateTime),
    Column("finished_at", UtcDateTime),
    _text("cancelled_by", 32),
    _text("worker", 64),
    Column("lease_until", UtcDateTime),
    _count("fence"),
    _count("attempt"),
    Column("exit_status", Integer),
    Column("error_category", String(32)),
    _text("error_detail", 64),
    Column("error_message", LongText(), nullable=False),
    Column("error_hint", LongText(), nullable=False),
    Column("result", JSON, nullable=False),
    Column("receipt", LongText(), nullable=False),
    Column("reconnecting_since", UtcDateTime),
    Column("silent_since", UtcDateTime),
    _count("resumed"),
    _count("version"),
    Column("untold", Boolean, nullable=False, default=True),
    # history of an environment, newest first
    Index("ix_migration_executions_environment_id_id", "environment_id", "id"),
    # history of an environment by outcome; the queue of an environment
    Index("ix_migration_executions_environment_id_status_id", "environment_id", "status", "id"),
    # last runs of a job
    Index("ix_migration_executions_job_id_id", "job_id", "id"),
    # how long a job takes in an environment, what of it waits there
    Index(
        "ix_migration_executions_job_id_environment_id_status_id",
        "job_id",
        "environment_id",
        "status",
        "id",
    ),
    # what waits, what runs, whose lease is over
    Index("ix_migration_executions_status_id", "status", "id"),
    Index(
        "ix_migration_executions_environment_id_started_at_id", "environment_id", "started_at", "id"
    ),
    # news for the reporter
    Index("ix_migration_executions_untold_id", "untold", "id"),
    sqlite_autoincrement=True,  # people quote the number: it is never given out again
)

#: "When did we run this for patient 44320?"
execution_parameters = _table(
    "execution_parameters",
    Column("execution_id", ForeignKey("migration_executions.id"), primary_key=True),
    Column("name", String(40), primary_key=True),
    Column("value", LongText(), nullable=False),
    Index(
        "ix_execution_parameters_name_value",
        "name",
        "value",
        mysql_length={"value": 100},
        mariadb_length={"value": 100},
    ),
)

attempts = _table(
    "migration_attempts",
    Column("execution_id", ForeignKey("migration_executions.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    _created(),
    Column("start_requested_at", UtcDateTime),
    Column("started_at", UtcDateTime),
    Column("finished_at", UtcDateTime),
    _count("fence"),
    Column("out_offset", BigInteger, nullable=False, default=0),
    Column("err_offset", BigInteger, nullable=False, default=0),
    _count("last_line"),
    _count("warnings"),
    Column("progress_done", Float),
    Column("progress_total", Float),
    Column("progress_words", LongText(), nullable=False),
    Column("result", JSON, nullable=False),
    Column("last_output_at", UtcDateTime),
    _text("stop_reason", 16),
    Column("exit_status", Integer),
    Column("error_category", String(32)),
    _text("error_detail", 64),
    _text("error_message", 2048),
    Column("removed_at", UtcDateTime),
    # directories that wait to be removed from their hosts
    Index("ix_migration_attempts_removed_at_finished_at", "removed_at", "finished_at"),
)

#: Lines of one execution lie together under the primary key: the tail is 1 ms at 10 million rows,
#: and all that is asked of lines (a stream, a level, a word) is asked of one execution.
#: No foreign key: on MariaDB each insert would lock the execution's row against its lease, its
#: cancel and its end, and deadlock with them. The attempt's offset, stored with it, has one.
log_lines = _table(
    "migration_logs",
    Column("execution_id", Integer, primary_key=True, autoincrement=False),
    Column("line_no", Integer, primary_key=True, autoincrement=False),
    Column("attempt", Integer, nullable=False),
    Column("stream", String(4), nullable=False),
    Column("log_level", String(8), nullable=False),
    Column("logged_at", UtcDateTime, nullable=False),
    Column("text", LongText(), nullable=False),
    sqlite_with_rowid=False,
)

confirmations = _table(
    "confirmations",
    Column("execution_id", ForeignKey("migration_executions.id"), primary_key=True),
    Column("person", _SLACK_ID, primary_key=True),
    Column("answer", String(16), nullable=False),
    Column("plan_hash", String(64), nullable=False),
    Column("reason", LongText(), nullable=False),
    _created(),
)

#: Where an execution is told in Slack, and what was told last.
cards = _table(
    "cards",
    Column("execution_id", ForeignKey("migration_executions.id"), primary_key=True),
    _text("channel_id", 32),
    _text("ts", 32),
    _count("told_version", -1),
    _text("told_hash", 64),
    _text("silenced_why"),
    _text("log_permalink", 1024),
    _created(),
    _updated(),
)

card_posts = _table(
    "card_posts",
    Column("execution_id", ForeignKey("migration_executions.id"), primary_key=True),
    Column("post_key", String(64), primary_key=True),
    _created(),
)

#: Whose turn it is, of several processes: "telling" is held by the one that speaks to Slack.
turns = _table(
    "turns",
    Column("name", String(32), primary_key=True),
    Column("holder", String(64), nullable=False),
    Column("until", UtcDateTime, nullable=False),
    _created(),
    _updated(),
)

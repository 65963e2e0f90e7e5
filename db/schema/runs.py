"""Tables of what was asked for, what it said, and how it is told."""

from sqlalchemy import JSON, BigInteger, Boolean, Column, Double, ForeignKey, Index, Integer, String

from db.schema.base import NAME, SLACK_ID, count, created, table, updated, words
from db.types import LongText, UtcDateTime

executions = table(
    "migration_executions",
    Column("id", Integer, primary_key=True),
    Column("key", String(32), nullable=False, unique=True),
    Column("idempotency_key", String(255), unique=True),
    Column("job_id", ForeignKey("migration_jobs.id"), nullable=False),
    Column("job_name", NAME, nullable=False),
    Column("job_version", Integer, nullable=False),
    Column("environment_id", ForeignKey("environments.id"), nullable=False),
    Column("environment_name", NAME, nullable=False),
    Column("environment_kind", String(16), nullable=False),
    Column("status", String(32), nullable=False),
    words("team_id", 32),
    words("channel_id", 32),
    Column("requested_by", SLACK_ID, nullable=False),
    Column("reason", LongText(), nullable=False),
    Column("parameters", JSON, nullable=False),
    Column("plan", JSON, nullable=False),
    Column("plan_hash", String(64), nullable=False),
    Column("voided_plan", JSON),
    count("voids"),
    Column("checks", JSON),
    Column("checked_at", UtcDateTime),
    words("confirmation", 16),
    count("confirmations", 1),
    words("confirm_group", 32),
    Column("confirmed_by", JSON),
    Column("reminded_at", UtcDateTime),
    words("overridden_by", 32),
    Column("override_reason", LongText()),
    created(),
    updated(),
    Column("expires_at", UtcDateTime),
    words("answered_by", 32),
    Column("answered_at", UtcDateTime),
    Column("queued_at", UtcDateTime),
    Column("queue_expires_at", UtcDateTime),
    count("priority"),
    Column("not_before", UtcDateTime),
    words("concurrency_key"),
    Column("job_concurrency", Integer),
    count("max_attempts", 1),
    Column("started_at", UtcDateTime),
    Column("finished_at", UtcDateTime),
    words("cancelled_by", 32),
    words("worker", 64),
    Column("lease_until", UtcDateTime),
    count("fence"),
    count("attempt"),
    Column("exit_status", Integer),
    Column("error_category", String(32)),
    words("error_detail", 64),
    Column("error_message", LongText(), nullable=False),
    Column("error_hint", LongText(), nullable=False),
    Column("result", JSON, nullable=False),
    Column("receipt", LongText(), nullable=False),
    Column("reconnecting_since", UtcDateTime),
    Column("silent_since", UtcDateTime),
    count("resumed"),
    count("version"),
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

SOUGHT = 100  #: characters of a value by which it is looked for
BY_VALUE = "ix_execution_parameters_name_sought_execution_id"
BY_VALUE_THERE = "ix_execution_parameters_name_sought_environment_id_execution_id"

#: "When did we run this for patient 44320?"
execution_parameters = table(
    "execution_parameters",
    Column("execution_id", ForeignKey("migration_executions.id"), primary_key=True),
    Column("name", String(40), primary_key=True),
    Column("value", LongText(), nullable=False),
    words("digest", 64),  # of a personal one, keyed; its value is then only hinted at
    # what it is looked for by: the digest, or how the value begins (an index of all of a long text
    # is none on MariaDB, and one of a prefix is not in order)
    Column("sought", String(SOUGHT), nullable=False),
    # the execution's, which never changes; no foreign key: each run would hold its environment
    Column("environment_id", Integer, nullable=False),
    # runs with a value, newest first: in an environment, and everywhere
    Index(BY_VALUE_THERE, "name", "sought", "environment_id", "execution_id"),
    Index(BY_VALUE, "name", "sought", "execution_id"),
)

attempts = table(
    "migration_attempts",
    Column("execution_id", ForeignKey("migration_executions.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    created(),
    Column("start_requested_at", UtcDateTime),
    Column("started_at", UtcDateTime),
    Column("finished_at", UtcDateTime),
    count("fence"),
    Column("out_offset", BigInteger, nullable=False, default=0),
    Column("err_offset", BigInteger, nullable=False, default=0),
    count("last_line"),
    count("warnings"),
    Column("progress_done", Double),
    Column("progress_total", Double),
    Column("progress_words", LongText(), nullable=False),
    Column("result", JSON, nullable=False),
    Column("last_output_at", UtcDateTime),
    words("stop_reason", 16),
    Column("exit_status", Integer),
    Column("error_category", String(32)),
    words("error_detail", 64),
    words("error_message", 2048),
    Column("removed_at", UtcDateTime),
    # directories that wait to be removed from their hosts
    Index("ix_migration_attempts_removed_at_finished_at", "removed_at", "finished_at"),
)

#: Lines of one execution lie together under the primary key: the tail is 1 ms at 10 million rows,
#: and all that is asked of lines (a stream, a level, a word) is asked of one execution.
#: No foreign key: on MariaDB each insert would lock the execution's row against its lease, its
#: cancel and its end, and deadlock with them. The attempt's offset, stored with it, has one.
log_lines = table(
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

confirmations = table(
    "confirmations",
    Column("execution_id", ForeignKey("migration_executions.id"), primary_key=True),
    Column("person", SLACK_ID, primary_key=True),
    Column("plan_hash", String(64), primary_key=True),
    Column("answer", String(16), nullable=False),
    Column("reason", LongText(), nullable=False),
    created(),
)

#: Where an execution is told in Slack, and what was told last.
cards = table(
    "cards",
    Column("execution_id", ForeignKey("migration_executions.id"), primary_key=True),
    words("channel_id", 32),
    words("ts", 32),
    count("told_version", -1),
    words("told_hash", 64),
    words("silenced_why"),
    words("log_permalink", 1024),
    created(),
    updated(),
)

card_posts = table(
    "card_posts",
    Column("execution_id", ForeignKey("migration_executions.id"), primary_key=True),
    Column("post_key", String(64), primary_key=True),
    created(),
)

#: Whose turn it is, of several processes: "telling" is held by the one that speaks to Slack.
turns = table(
    "turns",
    Column("name", String(32), primary_key=True),
    Column("holder", String(64), nullable=False),
    Column("until", UtcDateTime, nullable=False),
    created(),
    updated(),
)

"""Executions in every state, for tests of what is shown."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from db.model.catalog import Kind
from db.model.categories import Category
from db.model.execution import Execution, Measured, Plan, Progress, Status
from db.model.output import Level, LogLine, Stream

NOON = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"
FINGERPRINT = "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU"  # says ssh-keygen

MEASURED = Measured(
    script="/home/deploy/scripts/orchestrate-import.js",
    sha256="ab" * 32,
    size=4211,
    modified_at="2026-03-14T15:09:26Z",
    interpreter="/usr/bin/node",
    interpreter_version="v22.1.0",
)
PLAN = Plan(
    environment="staging",
    kind=Kind.STAGING,
    host="10.0.0.5",
    port=22,
    user="deploy",
    host_key="",
    job="import-patients",
    job_version=3,
    directory="~/scripts",
    script="~/scripts/orchestrate-import.js",
    interpreter="node",
    arguments=("iclinic", "dr leandro"),
    variables={"API_TOKEN": "env:ICLINIC_TOKEN"},
    timeout_s=600,
    grace_s=5,
    measured=MEASURED,
)
QUEUED = Execution(
    id=128,
    key="0" * 32,
    job_id=1,
    job_name="import-patients",
    job_version=3,
    environment_id=1,
    environment_name="staging",
    environment_kind=Kind.STAGING,
    status=Status.QUEUED,
    team_id="T0FERRY",
    channel_id="C0STAGING",
    requested_by="U0ANA",
    reason="the clinic asked",
    parameters={"sistema": "iclinic", "usuario": "dr leandro"},
    plan=PLAN,
    plan_hash="ab" * 32,
    created_at=NOON,
    queued_at=NOON,
)
_STARTED = {"started_at": NOON, "begun_at": NOON, "attempt": 1}
_ENDED = _STARTED | {"finished_at": NOON + timedelta(seconds=192), "lines": 40}
_FAILED = _ENDED | {"exit_status": 127, "error_category": Category.COMMAND_NOT_FOUND}
_FAILED |= {"error_message": "`node` is not there.", "error_hint": "Set the node path."}
_STATES: dict[Status, dict[str, Any]] = {
    Status.AWAITING_CONFIRMATION: {
        "expires_at": NOON + timedelta(minutes=30),
        "checked_at": NOON,
        "queued_at": None,
    },
    Status.QUEUED: {},
    Status.RUNNING: _STARTED | {"progress": Progress(done=7, total=12), "lines": 7},
    Status.CANCELLING: _STARTED | {"cancelled_by": "U0ANA"},
    Status.SUCCEEDED: _ENDED | {"exit_status": 0, "result": {"imported": "2950", "skipped": "50"}},
    Status.FAILED: _FAILED,
    Status.TIMED_OUT: _ENDED | {"error_category": Category.TIMEOUT_ERROR, "receipt": "1 process"},
    Status.CANCELLED: _ENDED | {"cancelled_by": "U0ANA", "receipt": "5 processes: none remain"},
    Status.LOST: _ENDED | {"error_category": Category.HOST_REBOOTED},
    Status.DISCARDED: {"answered_by": "U0BRUNO", "answered_at": NOON, "queued_at": None},
    Status.EXPIRED: {"finished_at": NOON + timedelta(minutes=30), "queued_at": None},
}


def execution(status: Status, **changes: Any) -> Execution:
    """Return #128 as it looks in *status*, with *changes*."""
    return replace(QUEUED, status=status, **(_STATES[status] | changes))


def on_production(**changes: Any) -> dict[str, Any]:
    """Return the changes that move an execution to production."""
    plan = replace(PLAN, environment="production", kind=Kind.PRODUCTION, **changes)
    where = {"environment_name": "production", "environment_kind": Kind.PRODUCTION}
    return where | {"plan": plan, "channel_id": "C0PROD"}


def line(text: str, number: int = 1, stream: Stream = Stream.OUT) -> LogLine:
    """Return a line of output."""
    return LogLine(128, 1, number, stream, Level.INFO, NOON, text)

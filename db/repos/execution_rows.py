"""Rows of ``migration_executions`` as frozen values, and what every change of one sets."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, select

from db.model.catalog import ConfirmationPolicy, Kind
from db.model.categories import Category
from db.model.execution import Check, CheckState, Execution, Measured, Plan, Progress, Status
from db.repos.base import fill
from db.schema import SOUGHT, attempts
from db.schema import executions as table


def news(now: datetime) -> dict[str, Any]:
    """Return what every change of state sets besides: it is told where there is a channel."""
    return {
        "version": table.c.version + 1,
        "untold": table.c.channel_id != "",
        "updated_at": now,
    }


def selection() -> Select[Any]:
    """Return the SELECT that ``execution_of`` understands."""
    current = and_(attempts.c.execution_id == table.c.id, attempts.c.number == table.c.attempt)
    return select(
        table,
        attempts.c.started_at.label("begun_at"),
        attempts.c.last_line.label("lines"),
        attempts.c.warnings,
        attempts.c.progress_done,
        attempts.c.progress_total,
        attempts.c.progress_words,
    ).select_from(table.outerjoin(attempts, current))


def sought(value: str, digest: str = "") -> str:
    """Return what a parameter is looked for by."""
    return digest or value[:SOUGHT]


def execution_of(row: Mapping[str, Any]) -> Execution:
    """Return the frozen value of a row of ``selection()``."""
    category = row["error_category"]
    voided = row["voided_plan"]
    return fill(
        Execution,
        row,
        status=Status(row["status"]),
        environment_kind=Kind(row["environment_kind"]),
        plan=_plan(row["plan"]),
        voided_plan=_plan(voided) if voided else None,
        checks=tuple(
            Check(**(one | {"state": CheckState(one["state"])})) for one in row["checks"] or ()
        ),
        confirmation=ConfirmationPolicy(row["confirmation"] or ConfirmationPolicy.REQUESTER),
        confirmed_by=tuple(row["confirmed_by"] or ()),
        override_reason=row["override_reason"] or "",
        error_category=Category(category) if category else None,
        progress=_progress(row),
        lines=row["lines"] or 0,
        warnings=row["warnings"] or 0,
    )


def _plan(stored: Mapping[str, Any]) -> Plan:
    plan = dict(stored)
    plan |= {"kind": Kind(plan["kind"]), "arguments": tuple(plan["arguments"])}
    plan["retry_categories"] = tuple(plan.get("retry_categories", ()))
    plan["personal"] = tuple(plan.get("personal", ()))
    if measured := plan.get("measured"):
        plan["measured"] = Measured(**measured)
    return Plan(**plan)


def _progress(row: Mapping[str, Any]) -> Progress | None:
    if row["progress_total"] is None:
        return None
    return Progress(
        done=row["progress_done"], total=row["progress_total"], words=row["progress_words"] or ""
    )

"""Rows of ``migration_executions`` as frozen values, and what every change of one sets.

Two versions of Ferry may work on one database for a while: what one cannot read, it leaves to the
other, and goes on with all the rest.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

import structlog
from sqlalchemy import ColumnElement, Select, and_, or_, select

from db.model.catalog import ConfirmationPolicy, Kind
from db.model.categories import Category
from db.model.errors import Unreadable
from db.model.execution import Check, CheckState, Execution, Measured, Plan, Progress, Status
from db.repos.base import fill
from db.schema import SOUGHT, attempts
from db.schema import executions as table
from db.session import Session

logger = structlog.get_logger(__name__)


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


def in_time(now: datetime) -> ColumnElement[bool]:
    """Return the condition that what is queued has not waited for longer than it may."""
    return or_(table.c.queue_expires_at.is_(None), table.c.queue_expires_at > now)


def sought(value: str, digest: str = "") -> str:
    """Return what a parameter is looked for by."""
    return digest or value[:SOUGHT]


def execution_of(row: Mapping[str, Any]) -> Execution:
    """Return the frozen value of a row of ``selection()``; Unreadable if that cannot be done."""
    try:
        return _execution(row)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        _tell_once(row["id"], row["key"], f"{type(error).__name__}: {error}")
        raise Unreadable(
            f"Ferry cannot read #{row['id']}: another version of Ferry wrote it.",
            hint="Let all bots of this database run the newest version.",
        ) from error


def executions_of(rows: Iterable[Mapping[str, Any]]) -> list[Execution]:
    """Return the frozen values of *rows* of ``selection()``, without those that are unreadable."""
    return [one for row in rows if (one := readable(row))]


def readable(row: Mapping[str, Any] | None) -> Execution | None:
    """Return the frozen value of *row*; None if there is no row, or it is unreadable."""
    try:
        return execution_of(row) if row else None
    except Unreadable:
        return None


async def readable_at(session: Session, execution_id: int) -> Execution | None:
    """Return the execution of that number; None if there is none, or it is unreadable."""
    return readable(await session.row(selection().where(table.c.id == execution_id)))


async def first_of(session: Session, query: Select[Any], limit: int) -> list[Execution]:
    """Return the first *limit* executions of *query*, past those that are unreadable."""
    found: list[Execution] = []
    past = 0
    while len(found) < limit:
        rows = await session.rows(query.limit(limit).offset(past))
        found += executions_of(rows)
        past += limit
        if len(rows) < limit:
            break
    return found[:limit]


@lru_cache(maxsize=1000)  # it is met at every look
def _tell_once(number: int, _key: str, why: str) -> None:
    logger.error("execution_unreadable", execution_id=number, why=why)


def _execution(row: Mapping[str, Any]) -> Execution:
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

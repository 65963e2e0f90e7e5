"""Tables ``migration_jobs`` and ``migration_job_versions``."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import Select, and_, insert, or_, select

from db.model.catalog import (
    Job,
    JobDraft,
    ParameterSpec,
    ParameterType,
    Passing,
    RetryPolicy,
    SilenceAction,
)
from db.model.categories import Category
from db.model.errors import Conflict
from db.repos.base import Repository, fill
from db.schema import job_versions as versions
from db.schema import jobs as table
from db.schema import sources
from db.session import Taken


class Jobs(Repository):
    """Scripts with typed parameters; each change is a new version."""

    async def add(self, draft: JobDraft, by: str) -> Job:
        """Return the new job, version 1; Conflict if the name is taken."""
        now = self._now()
        try:
            job_id = await self._session.insert(
                insert(table).values(
                    source_id=draft.source_id,
                    name=draft.name,
                    version=1,
                    created_by=by,
                    is_active=True,
                    created_at=now,
                    updated_at=now,
                )
            )
        except Taken as error:
            raise Conflict(f"A job named `{draft.name}` exists already.") from error
        values = {name: value for name, value in asdict(draft).items() if name in versions.c}
        values |= {f"retry_{name}": value for name, value in asdict(draft.retry).items()}
        values["retry_categories"] = " ".join(draft.retry.categories)
        values |= {"job_id": job_id, "version": 1, "edited_by": by, "created_at": now}
        await self._session.change(insert(versions).values(values))
        return await self.get(job_id, 1)

    async def get(self, job_id: int, version: int) -> Job:
        """Return the job as it was at *version*."""
        query = _select(versions.c.version == version).where(table.c.id == job_id)
        row = await self._session.row(query)
        assert row is not None, "versions are never deleted"  # noqa: S101
        return _job(row)

    async def named(self, name: str) -> Job | None:
        """Return the active job of that name, as it is today."""
        row = await self._session.row(_today().where(table.c.name == name, table.c.is_active))
        return _job(row) if row else None

    async def with_id(self, job_id: int) -> Job | None:
        """Return the active job with that id, as it is today."""
        row = await self._session.row(_today().where(table.c.id == job_id, table.c.is_active))
        return _job(row) if row else None

    async def search(self, words: str, limit: int) -> list[Job]:
        """Return at most *limit* active jobs by name; *words* may stand anywhere in the name."""
        query = _today().where(table.c.is_active).order_by(table.c.name).limit(limit)
        if words:
            found = or_(
                table.c.name.contains(words.lower(), autoescape=True),
                sources.c.name.contains(words.lower(), autoescape=True),
            )
            query = query.where(found)
        return [_job(row) for row in await self._session.rows(query)]

    async def had_personal(self, name: str) -> bool:
        """Return whether a personal parameter is, or ever was, called *name*.

        Asked of all versions, which are few: of the values of an open one none would tell.
        """
        rows = await self._session.rows(select(versions.c.parameters))
        specs = (spec for row in rows for spec in row["parameters"])
        return any(spec["name"] == name and spec.get("is_personal") for spec in specs)


def _today() -> Select[Any]:
    return _select(versions.c.version == table.c.version)


def _select(which: Any) -> Select[Any]:
    own = [column for column in table.c if column.name != "version"]
    told = [column for column in versions.c if column.name not in {"job_id", "created_at"}]
    return (
        select(*own, *told, sources.c.name.label("source_name"))
        .join(versions, and_(versions.c.job_id == table.c.id, which))
        .join(sources, sources.c.id == table.c.source_id)
    )


def _job(row: Mapping[str, Any]) -> Job:
    retry = RetryPolicy(
        attempts=row["retry_attempts"],
        delay_s=row["retry_delay_s"],
        categories=tuple(map(Category, row["retry_categories"].split())),
    )
    return fill(
        Job,
        row,
        parameters=tuple(_spec(spec) for spec in row["parameters"]),
        retry=retry,
        silence_action=SilenceAction(row["silence_action"] or SilenceAction.WARN),
    )


def _spec(stored: Mapping[str, Any]) -> ParameterSpec:
    return fill(
        ParameterSpec,
        stored,
        type=ParameterType(stored["type"]),
        passing=Passing(stored["passing"]),
        choices=tuple(stored["choices"]),
    )

"""Rows to begin with: an environment, a source, a job, executions of it; and what is stored."""

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.pool import QueuePool

from db.database import Database
from db.model.catalog import (
    Environment,
    EnvironmentDraft,
    Job,
    JobDraft,
    Kind,
    ParameterSpec,
    ParameterType,
    Passing,
    Source,
    SourceDraft,
)
from db.model.execution import Execution, Plan, Status
from db.model.output import Block, Level, LogLine, Stream
from db.schema import channel_bindings, sources
from tests.support.database import Clock

LEASE = timedelta(seconds=30)
_numbers = itertools.count(1)

STAGING = EnvironmentDraft(
    name="staging", kind=Kind.STAGING, ssh_host="10.0.0.7", ssh_user="ferry", concurrency=2
)
SPECS = (
    ParameterSpec(
        name="sistema",
        label="Sistema 🏥",
        type=ParameterType.CHOICE,
        choices=("iclinic", "medpro"),
        default="iclinic",
        target="1",
    ),
    ParameterSpec(
        name="limite",
        type=ParameterType.NUMBER,
        required=False,
        minimum=0.5,
        maximum=99.0,
        passing=Passing.FLAG_EQUALS,
        target="--limite",
    ),
)
PLAN = Plan(
    environment="staging",
    kind=Kind.STAGING,
    host="10.0.0.7",
    port=22,
    user="ferry",
    host_key="ssh-ed25519 AAAA",
    job="import-patients",
    job_version=1,
    directory="~/jobs",
    script="~/jobs/import.js",
    interpreter="node",
    arguments=("iclinic", 'João "Zé" 😀', "--limite=5"),
    variables={"API_TOKEN": "env:ICLINIC_TOKEN"},
    timeout_s=600,
    grace_s=5,
)


@dataclass(frozen=True)
class World:
    """What an execution needs."""

    environment: Environment
    source: Source
    job: Job


async def world(database: Database, *, concurrency: int = 2) -> World:
    """Store and return an environment, a source and a job."""
    draft = {name: getattr(STAGING, name) for name in STAGING.__dataclass_fields__}
    async with database.begin() as repos:
        environment = await repos.environments.add(
            EnvironmentDraft(**(draft | {"concurrency": concurrency}))
        )
        source = await repos.sources.add(SourceDraft(name="iclinic", defaults={"a": "é"}))
        job = await repos.jobs.add(
            JobDraft(
                name="import-patients",
                source_id=source.id,
                script="~/jobs/import.js",
                parameters=SPECS,
                timeout_s=900,
            ),
            "U1",
        )
    return World(environment, source, job)


def asked(place: World, **values: Any) -> dict[str, Any]:
    """Return the columns of a new execution."""
    return {
        "key": f"{next(_numbers):032x}",
        "job_id": place.job.id,
        "job_name": place.job.name,
        "job_version": place.job.version,
        "environment_id": place.environment.id,
        "environment_name": place.environment.name,
        "environment_kind": place.environment.kind,
        "status": Status.QUEUED,
        "team_id": "T1",
        "channel_id": "C1",
        "requested_by": "U1",
        "reason": "",
        "parameters": {"sistema": "iclinic"},
        "plan_hash": "f" * 64,
        **values,
    }


async def ask(database: Database, place: World, **values: Any) -> Execution:
    """Store and return a new execution."""
    async with database.begin() as repos:
        execution = await repos.executions.add(asked(place, **values), PLAN)
    assert execution is not None
    return execution


async def claim(database: Database, execution_id: int, worker: str, clock: Clock) -> Execution:
    """Give a queued execution to *worker* with its attempt; return it."""
    async with database.begin() as repos:
        assert await repos.leases.claim(execution_id, worker, clock() + LEASE)
        execution = await repos.executions.get(execution_id)
        assert execution is not None
        await repos.attempts.add(execution.id, execution.attempt, execution.fence)
    return execution


def line(execution: Execution, number: int, text: str, clock: Clock, **values: Any) -> LogLine:
    """Return a line of output."""
    told: Mapping[str, Any] = {"stream": Stream.OUT, "level": Level.INFO, **values}
    return LogLine(
        execution_id=execution.id,
        attempt=execution.attempt,
        number=number,
        logged_at=clock(),
        text=text,
        **told,
    )


def blocks(lines: Iterable[LogLine]) -> list[Block]:
    """Return *lines* as they are handed in, each in a block of its own."""
    return [
        Block(
            line.execution_id,
            line.attempt,
            line.number,
            line.stream,
            line.logged_at,
            [line.level],
            [line.text],
        )
        for line in lines
    ]


def mark(execution: Execution, **values: Any) -> dict[str, Any]:
    """Return how far the output of *execution* is."""
    return {
        "execution_id": execution.id,
        "attempt": execution.attempt,
        "fence": execution.fence,
        "out_offset": 0,
        "err_offset": 0,
        "last_line": 0,
        "warnings": 0,
        "progress_done": None,
        "progress_total": None,
        "progress_words": "",
        "result": {},
        "last_output_at": None,
        **values,
    }


async def names_of(database: Database) -> list[str]:
    """Return the names of the stored sources; none of their rows is only half there."""
    async with database.read() as repos:
        names = [source.name for source in await repos.sources.all()]
        assert len(names) == await repos.session.value(select(func.count()).select_from(sources))
        assert await repos.session.value(select(func.count()).select_from(channel_bindings)) >= 0
    return names


def in_use(database: Database) -> int:
    """Return how many connections are out of the pool."""
    pool = database._engine.pool
    assert isinstance(pool, QueuePool)
    return pool.checkedout()

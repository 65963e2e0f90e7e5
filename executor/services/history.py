"""What ran, what runs, and what it said."""

from collections.abc import AsyncGenerator, AsyncIterator

from db.model.audit import AuditFilter
from db.model.errors import NotFound
from db.model.execution import Attempt, Execution, Status
from db.model.locks import Closed
from db.model.output import LogLine, Stream
from db.model.people import Person
from db.repos import Repos
from executor.rules.access import Verb
from executor.rules.closing import from_note
from executor.rules.confirming import Answerers, answerers
from executor.services.access import require
from executor.services.ground import Ground

_PAGE = 500  # lines; some have 16 KiB


class History:
    """Reads only."""

    def __init__(self, ground: Ground) -> None:
        self._ground, self._db = ground, ground.db
        self._admins = ground.admins

    async def execution(self, execution_id: int) -> Execution:
        """Return the execution of that number; NotFound if there is none."""
        async with self._db.read() as repos:
            return await find_execution(repos, execution_id)

    async def shown(self, execution_id: int, by: Person) -> Execution:
        """Return the execution of that number; NotAllowed unless *by* may see its environment."""
        async with self._db.read() as repos:
            execution = await find_execution(repos, execution_id)
            await require(self._ground, repos, Verb.SEE, by, execution.environment_id)
            return execution

    async def active(self, *, environment_id: int | None = None) -> list[Execution]:
        """Return what waits or runs, oldest first."""
        async with self._db.read() as repos:
            return await repos.history.active(environment_id)

    async def recent(
        self, *, environment_id: int | None = None, before: int | None = None, limit: int = 10
    ) -> list[Execution]:
        """Return at most *limit* executions, newest first, with numbers below *before*."""
        async with self._db.read() as repos:
            return await repos.history.recent(environment_id, before, limit)

    async def tail(
        self,
        execution_id: int,
        count: int = 12,
        *,
        stream: Stream | None = None,
        attempt: int | None = None,
    ) -> list[LogLine]:
        """Return the last *count* lines (of one stream), oldest first; of *attempt* if given."""
        async with self._db.read() as repos:
            lines = await repos.log_lines.tail(execution_id, count, stream)
        return [line for line in lines if attempt in {None, line.attempt}]

    async def log(self, execution_id: int) -> AsyncGenerator[list[LogLine]]:
        """Yield the whole log, some hundred lines at a time."""
        after = 0
        while True:
            async with self._db.read() as repos:
                lines = await repos.log_lines.page(execution_id, after, _PAGE)
            if not lines:
                return
            yield lines
            after = lines[-1].number

    async def proves(self, execution: Execution) -> bool:
        """Return whether it is a success that its job needs before it runs on production."""
        if execution.status is not Status.SUCCEEDED:
            return False
        async with self._db.read() as repos:
            job = await repos.jobs.get(execution.job_id, execution.job_version)
        return job.proven_in == execution.environment_name

    async def overrode(self, execution: Execution) -> Closed | None:
        """Return what closed its environment when the glass was broken for it; None if nothing."""
        if not execution.overridden_by:
            return None
        wanted = AuditFilter(subject=str(execution.id), verbs=("execution.overridden",))
        async with self._db.read() as repos:
            events = await repos.audit.recent(wanted, None, 1)
        return from_note(events[0].after) if events else None

    async def attempts(self, execution: Execution) -> list[Attempt]:
        """Return its tries, the first one first."""
        async with self._db.read() as repos:
            return await repos.attempts.of(execution.id)

    async def answerers(self, execution: Execution) -> Answerers:
        """Return who may say yes to it: whom a reminder calls."""
        async with self._db.read() as repos:
            job = await repos.jobs.get(execution.job_id, execution.job_version)
            return answerers(
                execution,
                editor=job.edited_by,
                grants=await repos.grants.all(),
                admins=self._admins,
            )


async def find_execution(repos: Repos, execution_id: int) -> Execution:
    """Return the execution of that number; NotFound if there is none."""
    if found := await repos.executions.get(execution_id):
        return found
    raise NotFound(
        f"There is no run #{execution_id}.",
        hint="`/migrate history` shows the numbers of the last runs.",
    )


async def as_text(log: AsyncIterator[list[LogLine]]) -> AsyncGenerator[str]:
    """Yield the lines of *log* as they stand in a file."""
    async for lines in log:
        yield "".join(f"{_prefix(line)} {line.text}\n" for line in lines)


def _prefix(line: LogLine) -> str:
    return f"{line.logged_at:%Y-%m-%d %H:%M:%S} {line.stream.value:<4}"

"""What workers ask for: the next execution, its lease, and the record of how it went."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta

from db.model.catalog import Environment, Job
from db.model.categories import Category
from db.model.errors import LeaseLost
from db.model.execution import LIVE, Attempt, Execution, LogLine, Status, Stream
from executor.rules.lifecycle import may_become
from executor.rules.outcomes import Outcome, failed
from executor.services.ground import Ground

_LOST = "Another worker owns this run now."
STDERR_LINES = 20  # of which the telling one is looked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """All that a worker needs to know of an execution that it owns."""

    execution: Execution
    environment: Environment
    job: Job
    attempt: Attempt
    stderr: tuple[LogLine, ...]  #: the last stored lines, oldest first


class Queue:
    """Claims and records; every write carries the fence, so a worker that lost its lease stops."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self.bell = ground.work

    async def claim_next(self, worker: str, lease: timedelta) -> Execution | None:
        """Give *worker* the oldest execution whose environment has room; None if there is none."""
        async with self._ground.db.read() as repos:
            waiting = await repos.queue.waiting()
        for environment_id, execution_id in waiting:
            async with self._ground.db.begin() as repos:
                if not await repos.queue.has_room(environment_id):
                    continue
                until = self._ground.clock() + lease
                if not await repos.queue.claim(execution_id, worker, until):
                    continue
                execution = await repos.executions.get(execution_id)
                assert execution is not None, "just claimed"  # noqa: S101
                await repos.attempts.add(execution_id, execution.attempt, execution.fence)
            self._ground.news.ring()
            return execution
        return None

    async def take_over(
        self, worker: str, lease: timedelta, *, held: Collection[int] = ()
    ) -> Execution | None:
        """Give *worker* a live execution whose lease ran out; None if there is none.

        *held*: those it works on already; while the database was away, nobody could renew them.
        """
        async with self._ground.db.read() as repos:
            left = await repos.queue.abandoned(self._ground.clock(), limit=20)
        for old in (one for one in left if one.id not in held):
            async with self._ground.db.begin() as repos:
                until = self._ground.clock() + lease
                if not await repos.queue.take_over(old, worker, until):
                    continue
                taken = await repos.executions.get(old.id)
            self._ground.news.ring()
            return taken
        return None

    async def renew(
        self, worker: str, ids: Collection[int], lease: timedelta
    ) -> tuple[set[int], set[int]]:
        """Extend the leases; return (numbers still owned, those of them to be cancelled)."""
        async with self._ground.db.begin() as repos:
            owned = await repos.queue.renew(worker, ids, self._ground.clock() + lease)
            return owned, await repos.queue.cancelling(owned)

    async def cancelling(self, ids: Collection[int]) -> set[int]:
        """Return those of *ids* that a person wants stopped."""
        async with self._ground.db.read() as repos:
            return await repos.queue.cancelling(ids)

    async def release(self, worker: str) -> None:
        """Hand over all that *worker* holds: the leases end now, the remotes go on."""
        async with self._ground.db.begin() as repos:
            await repos.queue.release(worker, self._ground.clock())

    async def brief(self, execution: Execution) -> Brief:
        """Return what the run needs: the job as of the version that was asked for."""
        async with self._ground.db.read() as repos:
            stderr = await repos.log_lines.tail(execution.id, STDERR_LINES, Stream.ERR)
            return Brief(
                execution=execution,
                environment=await repos.environments.get(execution.environment_id),
                job=await repos.jobs.get(execution.job_id, execution.job_version),
                attempt=await repos.attempts.get(execution.id, execution.attempt),
                stderr=tuple(line for line in stderr if line.attempt == execution.attempt),
            )

    async def start_requested(self, execution: Execution) -> bool:
        """Record that the start is about to be sent; False if a person cancelled meanwhile.

        From here on the script may be running, whatever happens to us.
        """
        async with self._ground.db.begin() as repos:
            fresh = await repos.executions.get(execution.id)
            if fresh is None or fresh.fence != execution.fence:
                raise LeaseLost(_LOST)
            if fresh.status is not Status.RUNNING:
                return False
            ours = await repos.attempts.change(
                execution.id,
                execution.attempt,
                fence=execution.fence,
                start_requested_at=self._ground.clock(),
            )
        if not ours:
            raise LeaseLost(_LOST)
        return True

    async def started(self, execution: Execution) -> None:
        """Record that the host said the script was started; LeaseLost when it is not ours."""
        async with self._ground.db.begin() as repos:
            ours = await repos.attempts.change(
                execution.id,
                execution.attempt,
                fence=execution.fence,
                started_at=self._ground.clock(),
            )
        if not ours:
            raise LeaseLost(_LOST)

    async def reconnecting(self, execution: Execution, *, lost: bool) -> None:
        """Record that the line to the host was lost, or is back."""
        since = self._ground.clock() if lost else None
        async with self._ground.db.begin() as repos:
            won = await repos.executions.change(
                execution.id, expect=LIVE, fence=execution.fence, reconnecting_since=since
            )
        if not won:
            raise LeaseLost(_LOST)
        self._ground.news.ring()

    async def finish(
        self,
        execution: Execution,
        outcome: Outcome,
        *,
        exit_status: int | None = None,
        result: Mapping[str, str] | None = None,
        receipt: str = "",
    ) -> None:
        """Record how it ended. Raises LeaseLost when it is not ours to record any more."""
        now = self._ground.clock()
        async with self._ground.db.begin() as repos:
            fresh = await repos.executions.get(execution.id)
            if fresh is None or fresh.fence != execution.fence or not fresh.status.is_live:
                raise LeaseLost(_LOST)
            if not may_become(fresh.status, outcome.status):
                outcome = failed(Category.KILLED_EXTERNALLY)  # stopped, and not by us
            error = {
                "error_category": outcome.category,
                "error_detail": outcome.detail,
                "exit_status": exit_status,
            }
            won = await repos.executions.change(
                execution.id,
                expect={fresh.status},
                fence=execution.fence,
                status=outcome.status,
                finished_at=now,
                reconnecting_since=None,
                error_message=outcome.message,
                error_hint=outcome.hint,
                result=dict(result or {}),
                receipt=receipt,
                **error,
            )
            if not won:
                raise LeaseLost(_LOST)
            await repos.attempts.change(
                execution.id, execution.attempt, fence=execution.fence, finished_at=now, **error
            )
        self._ground.news.ring()
        self._ground.work.ring()

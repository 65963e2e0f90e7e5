"""What workers ask for: the next execution, its lease, and all they need to know of it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from db.model.audit import FERRY
from db.model.catalog import Environment, Job
from db.model.errors import Unavailable
from db.model.execution import Attempt, Execution, Status
from db.model.output import LogLine, Stream
from db.repos import Repos
from executor.rules.durations import words
from executor.services.closing import closed_now
from executor.services.ground import Ground
from executor.services.sweeping import swept

STDERR_LINES = 20  # of which the telling one is looked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """All that a worker needs to know of an execution that it owns."""

    execution: Execution
    environment: Environment
    job: Job
    attempt: Attempt
    stderr: tuple[LogLine, ...]  #: its last lines, oldest first, unless they are far back
    last: tuple[LogLine, ...]  #: the last two stored lines of any stream


class Queue:
    """Who runs what next, and who holds the lease of what runs."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._odd: dict[int, tuple[datetime, datetime]] = {}  # leases far ahead, and since when
        self.bell = ground.work

    async def claim_next(self, worker: str, lease: timedelta) -> Execution | None:
        """Give *worker* the execution that is next; None if nothing may start now.

        First in, first out for each environment, past those that wait for a limit of their job or
        for a run with their key. In a closed one only what the glass was broken for starts. What
        breaks in one environment is raised when none of the others has anything to start.
        """
        broken: Exception | None = None
        async with self._ground.db.read() as repos:
            waiting = await repos.queue.waiting(self._ground.clock())
        for environment_id in waiting:
            try:
                execution = await self._claim_in(environment_id, worker, lease)
            except Unavailable:
                raise
            except Exception as error:  # noqa: BLE001 - raised below
                broken = error
                continue
            if execution is not None:
                self._ground.news.ring()
                return execution
        if broken is not None:
            raise broken
        return None

    async def _claim_in(
        self, environment_id: int, worker: str, lease: timedelta
    ) -> Execution | None:
        async with self._ground.db.begin() as repos:
            environment = await repos.environments.lock(environment_id)
            now = self._ground.clock()
            closed = await closed_now(repos, environment, now)
            execution_id = await repos.queue.next_in(environment, now, is_closed=closed is not None)
            if execution_id is None:
                return None
            until = self._ground.clock() + lease  # a job with a limit may have been waited for
            if not await repos.leases.claim(execution_id, worker, until):
                return None
            execution = await repos.executions.get(execution_id)
            assert execution is not None, "just claimed"  # noqa: S101
            claimed = {"status": execution.status, "attempt": execution.attempt, "worker": worker}
            await repos.executions.note(execution_id, Status.QUEUED, FERRY, "", claimed)
            await repos.attempts.add(execution_id, execution.attempt, execution.fence)
        return execution

    async def take_over(
        self, worker: str, lease: timedelta, *, held: Collection[int] = ()
    ) -> Execution | None:
        """Give *worker* a live execution whose lease ran out; None if there is none.

        *held*: those it works on already; while the database was away, nobody could renew them.
        """
        async with self._ground.db.read() as repos:
            left = await repos.leases.abandoned(self._ground.clock(), limit=20)
        self._odd = {one.id: self._odd[one.id] for one in left if one.id in self._odd}
        for old in (one for one in left if one.id not in held and self._is_left(one, lease)):
            async with self._ground.db.begin() as repos:
                until = self._ground.clock() + lease
                if not await repos.leases.take_over(old, worker, until):
                    continue
                taken = await repos.executions.get(old.id)
            self._ground.news.ring()
            return taken
        return None

    def _is_left(self, old: Execution, lease: timedelta) -> bool:
        """Whether nobody renews its lease.

        One far ahead is that of a clock that went wrong, its owner's or ours: then it moves.
        """
        now = self._ground.clock()
        if old.lease_until is None or old.lease_until <= now:
            return True
        seen, since = self._odd.get(old.id, (None, now))
        if seen != old.lease_until or now < since:
            self._odd[old.id] = old.lease_until, now
            return False
        return now - since >= lease

    async def renew(
        self, worker: str, ids: Collection[int], lease: timedelta
    ) -> tuple[set[int], set[int]]:
        """Extend the leases; return (numbers still owned, those of them to be cancelled)."""
        async with self._ground.db.begin() as repos:
            owned = await repos.leases.renew(worker, ids, self._ground.clock() + lease)
            return owned, await repos.leases.cancelling(owned)

    async def cancelling(self, ids: Collection[int]) -> set[int]:
        """Return those of *ids* that a person wants stopped."""
        async with self._ground.db.read() as repos:
            return await repos.leases.cancelling(ids)

    async def release(self, worker: str, only: Execution | None = None) -> None:
        """Hand over all that *worker* holds, or *only* that: leases end now, the remotes go on."""
        async with self._ground.db.begin() as repos:
            await repos.leases.release(worker, self._ground.clock(), only)

    async def brief(self, execution: Execution) -> Brief:
        """Return what the run needs: the job as of the version that was asked for."""
        async with self._ground.db.read() as repos:
            attempt = await repos.attempts.get(execution.id, execution.attempt)
            stderr = []
            if attempt.err_offset:  # else it has not said anything there yet
                stderr = await repos.log_lines.tail(execution.id, STDERR_LINES, Stream.ERR)
            last = await repos.log_lines.tail(execution.id, 2, None)
            return Brief(
                execution=execution,
                environment=await repos.environments.get(execution.environment_id),
                job=await repos.jobs.get(execution.job_id, execution.job_version),
                attempt=attempt,
                stderr=tuple(line for line in stderr if line.attempt == execution.attempt),
                last=tuple(line for line in last if line.attempt == execution.attempt),
            )

    async def expire_due(self) -> int:
        """End what has waited in the queue for longer than it may; return how many.

        What never ran expires; what waited for a retry failed, as its last attempt said.
        """
        now = self._ground.clock()
        return await swept(
            self._ground,
            lambda repos, after, limit: repos.deadlines.overdue(now, after, limit),
            lambda repos, number: _expire(repos, number, now),
        )


async def _expire(repos: Repos, number: int, now: datetime) -> bool:
    execution = await _still_overdue(repos, number, now)
    if execution is None:
        return False
    end: dict[str, Any] = {"status": Status.FAILED, "finished_at": now}
    if not execution.is_retried:
        waited = words((now - (execution.queued_at or now)).total_seconds())
        sentence = f"It waited {waited} in the queue, which is as long as it may."
        end |= {"status": Status.EXPIRED, "error_message": sentence}
    return await repos.executions.change(number, expect={Status.QUEUED}, **end)


async def _still_overdue(repos: Repos, number: int, now: datetime) -> Execution | None:
    """Return the execution, held; None if it ran meanwhile: it may wait for a retry by now."""
    await repos.executions.hold(number)
    found = await repos.executions.readable(number)  # what is not, its own version ends
    until = found.queue_expires_at if found else None
    return found if until is not None and until <= now else None

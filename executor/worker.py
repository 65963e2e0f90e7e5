"""Claims executions, sees them through, keeps their leases, and hands them over when it stops.

A run belongs to whoever holds its lease. A worker that is killed or paused loses it; the next one
takes the run over on the host where it stands, and the fence keeps the old one from writing.
"""

import asyncio
import secrets
from contextlib import suppress
from datetime import timedelta

import structlog

from db.model.categories import Category
from db.model.errors import FerryError, LeaseLost, Unavailable
from db.model.execution import Execution
from executor.giving_up import give_up, remote_of
from executor.line import TrustedAnew
from executor.rules.categories import ADVICE
from executor.rules.outcomes import failed
from executor.run import Run
from executor.ssh.remote import RemoteStatus
from executor.tools import Tools

logger = structlog.get_logger(__name__)
_Key = tuple[int, int]


class Worker:
    """At most *slots* executions at once; looks for work every *poll_s* seconds, or when rung."""

    def __init__(
        self, tools: Tools, *, name: str, slots: int, lease_s: float, poll_s: float = 2.0
    ) -> None:
        self._tools = tools
        self._queue = tools.queue
        self._name = name
        self._slots = slots
        self._lease = timedelta(seconds=lease_s)
        self._renew_s = lease_s / 3
        self._poll_s = poll_s
        # By execution and attempt: one may still tidy up when the next is claimed.
        self._runs: dict[_Key, Run | None] = {}
        self._tasks: dict[_Key, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Work until cancelled or stopped; then hand over what runs: the remotes go on."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._keep_leases(), name="leases")
                group.create_task(self._claim(group), name="claims")
        finally:
            await self._hand_over()

    async def _claim(self, group: asyncio.TaskGroup) -> None:
        while True:
            try:
                await self._look_for_cancels()
                while len(self._tasks) < self._slots and (execution := await self._next()):
                    self._begin(group, execution)
            except Unavailable:
                logger.warning("worker_waits_for_database")
            except Exception:  # what waits may be broken; what runs must not be cancelled for it
                logger.exception("worker_stumbled")
            await self._queue.bell.wait(self._poll_s)

    async def _next(self) -> Execution | None:
        execution = await self._queue.take_over(
            self._name, self._lease, held={number for number, _ in self._tasks}
        )
        if execution is not None:
            logger.info("execution_taken_over", execution_id=execution.id)
            return execution
        return await self._queue.claim_next(self._name, self._lease)

    def _begin(self, group: asyncio.TaskGroup, execution: Execution) -> None:
        key = (execution.id, execution.attempt)
        task = group.create_task(self._see_through(execution), name=f"execution-{execution.id}")
        self._tasks[key] = task
        self._runs[key] = None

    async def _see_through(self, execution: Execution) -> None:
        key = (execution.id, execution.attempt)
        log = logger.bind(execution_id=execution.id, attempt=execution.attempt)
        try:
            run = Run(self._tools, await self._queue.brief(execution))
            self._runs[key] = run
            await run.see_through()
        except LeaseLost:
            log.info("lease_lost")
        except TrustedAnew:
            log.info("execution_begun_anew", why="another key of its host is trusted now")
            await self._let_go(execution)
        except Unavailable:
            log.warning("execution_left_for_later", why="the database does not answer")
        except Exception:  # one bug must not cancel the neighbours
            reference = secrets.token_hex(3)
            log.exception("run_crashed", reference=reference)
            await self._record_crash(execution, reference)
        finally:
            self._runs.pop(key, None)
            self._tasks.pop(key, None)
            self._queue.bell.ring()

    async def _let_go(self, execution: Execution) -> None:
        # Whoever takes it over, we perhaps, reads anew how to log in.
        with suppress(Unavailable):  # then its lease runs out by itself
            await self._queue.release(self._name, execution)

    async def _record_crash(self, execution: Execution, reference: str) -> None:
        try:
            script = await self._stopped(execution)
            if script is None:
                # Whoever takes it over when the lease runs out may have more luck.
                logger.error("crash_left_alone", execution_id=execution.id, reference=reference)
                return
            broke = ADVICE[Category.INTERNAL_ERROR].sentence
            sentence = f"{broke} {script} Reference: {reference}."
            crashed = failed(Category.INTERNAL_ERROR, sentence, detail=reference)
            await self._tools.records.finish(execution, crashed)
        except FerryError as error:
            logger.warning("crash_not_recorded", execution_id=execution.id, why=error.message)
        except Exception:  # whoever takes the run over next meets it again
            logger.exception("crash_not_recorded", execution_id=execution.id)

    async def _stopped(self, execution: Execution) -> str | None:
        """Return what became of the script, a sentence; None unless nothing of it runs."""
        if not await self._tools.records.may_run(execution):
            return "The script was not started."
        if run := self._runs.get((execution.id, execution.attempt)):
            status = await run.give_up()
        else:  # not even read: then nobody follows it, and nobody could cancel it either
            brief = await self._queue.brief(execution)
            status = await give_up(remote_of(self._tools, brief), execution.plan.grace_s)
        return None if status is None else _became(status)

    async def _look_for_cancels(self) -> None:
        if self._runs:
            self._cancel(await self._queue.cancelling({number for number, _ in self._runs}))

    def _cancel(self, unwanted: set[int]) -> None:
        for (number, _), run in self._runs.items():
            if run and number in unwanted:
                run.cancel()

    async def _keep_leases(self) -> None:
        while True:
            await asyncio.sleep(self._renew_s)
            held = dict(self._tasks)
            if not held:
                continue
            try:
                owned, unwanted = await self._queue.renew(
                    self._name, {number for number, _ in held}, self._lease
                )
            except Unavailable:
                continue
            except Exception:  # a lease that runs out costs less than all runs of this worker
                logger.exception("leases_not_renewed")
                continue
            self._cancel(unwanted)
            for (number, _), task in held.items():
                if number not in owned:
                    task.cancel()

    async def _hand_over(self) -> None:
        # The tasks are cancelled by now; whoever comes next need not wait for the leases.
        try:
            await self._queue.release(self._name)
        except Unavailable:
            logger.warning("leases_left_to_run_out")


def _became(status: RemoteStatus) -> str:
    if status.reason in {"cancel", "timeout"}:
        return "The script was stopped."
    if status.reason == "exit" and status.exit_status is not None:
        return f"The script itself had ended with exit status {status.exit_status}."
    return "Nothing of the script runs any more."

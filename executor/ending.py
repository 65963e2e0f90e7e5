"""How an attempt is recorded once it is over: all is over, or the next attempt is due later."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import structlog

from db.model.errors import AttemptError
from db.model.execution import Plan, Status
from executor.line import Line
from executor.rules.categories import ADVICE
from executor.rules.outcomes import Outcome, outcome
from executor.rules.retries import retry_delay_s
from executor.services.queue import Brief
from executor.ssh.remote import RemoteState, RemoteStatus
from executor.tools import Tools

logger = structlog.get_logger(__name__)


class Ending:
    """Records one end of one attempt; *result*: what the script said of itself."""

    def __init__(
        self, tools: Tools, brief: Brief, line: Line, *, result: Mapping[str, str]
    ) -> None:
        self._tools, self._brief, self._line, self._result = tools, brief, line, result
        execution = brief.execution
        self._log = logger.bind(execution_id=execution.id, attempt=execution.attempt)

    async def record(
        self,
        ended: Outcome,
        *,
        retry_safe: bool = False,
        may_retry: bool = True,
        exit_status: int | None = None,
        receipt: str = "",
        lasted_s: int | None = None,
    ) -> None:
        """Record the end, or by the job's policy that it is tried again.

        *retry_safe*: the script cannot have begun; *may_retry*: nothing of it runs any more;
        *lasted_s*: how long it ran by its host's clock.
        """
        if may_retry and await self._retried(ended, retry_safe=retry_safe, exit_status=exit_status):
            return
        await self.finish(ended, exit_status=exit_status, receipt=receipt, lasted_s=lasted_s)

    async def _retried(self, ended: Outcome, *, retry_safe: bool, exit_status: int | None) -> bool:
        execution = self._brief.execution
        delay_s = retry_delay_s(
            replace(self._brief.job.retry, attempts=execution.max_attempts),
            execution.attempt,
            category=ended.category,
            retry_safe=retry_safe,
            chance=self._tools.chance(),
        )
        if delay_s is None:
            return False
        not_before = self._tools.clock() + timedelta(seconds=delay_s)
        self._log.info("attempt_to_be_retried", category=ended.category, seconds=delay_s)
        return await self._line.record(
            lambda: self._tools.records.retry(
                execution, ended, not_before=not_before, exit_status=exit_status
            )
        )

    async def finish(
        self,
        ended: Outcome,
        *,
        exit_status: int | None = None,
        receipt: str = "",
        lasted_s: int | None = None,
    ) -> None:
        """Record that all is over."""
        await self._line.record(
            lambda: self._tools.records.finish(
                self._brief.execution,
                ended,
                exit_status=exit_status,
                result=self._result,
                receipt=receipt,
                lasted_s=lasted_s,
            )
        )
        self._log.info("execution_finished", status=ended.status, category=ended.category)


def ended_as(status: RemoteStatus, stderr_tail: str, *, plan: Plan, stop_reason: str) -> Outcome:
    """Return how the run ended; *stop_reason*: why Ferry itself stopped it, if it did."""
    reason = stop_reason if status.reason == "cancel" and stop_reason else status.reason
    ended = outcome(status.exit_status, status.signal, reason, stderr_tail, plan=plan)
    if status.state in {RemoteState.LOST, RemoteState.GONE} and ended.status is not Status.LOST:
        ended = outcome(None, "", status.reason, "")
    if status.alive:
        left = f"{ended.message} {status.alive} of its processes could not be ended and run there."
        ended = replace(ended, message=left.strip())
    return ended


def failure(error: AttemptError) -> Outcome:
    """Return the end that *error* is."""
    return Outcome(
        status=Status.FAILED,
        category=error.category,
        detail=error.detail,
        message=error.message,
        hint=error.hint or ADVICE[error.category].hint,
    )

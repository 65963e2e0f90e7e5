"""One execution seen through: prepare, start, follow, stop when asked, record.

Recovery is the normal path: whatever breaks between here and the host, the next step is to ask the
host how the run stands and to follow its output from the stored offset. Only what the host says, or
what cannot have begun, ends a run.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import TypeVar

import structlog

from db.model.categories import Category
from db.model.errors import AttemptError, Unavailable
from db.model.execution import Execution, Level, Status, Stream
from executor.output import Output
from executor.preparation import check_plan, prepare, secret_values
from executor.rules.outcomes import Outcome, outcome
from executor.services.log_writer import Batch
from executor.services.queue import Brief
from executor.ssh.errors import StartUncertain
from executor.ssh.remote import FollowEnd, Follower, RemoteRun, RemoteState, RemoteStatus
from executor.ssh.target import Target, target_of
from executor.tools import Tools

logger = structlog.get_logger(__name__)
T = TypeVar("T")
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.5, 15.0
_REFUSED_WAIT_S = 60.0  # sshd bans addresses that try wrong logins (PerSourcePenalties)


class Run:
    """An execution that this worker owns, until it is over or the lease is lost."""

    def __init__(self, tools: Tools, brief: Brief) -> None:
        self._tools = tools
        self._brief = brief
        self._execution: Execution = brief.execution
        self._target: Target = target_of(brief.environment)
        self._remote = RemoteRun(
            tools.hosts, self._target, f"{self._execution.key}-{self._execution.attempt}"
        )
        self._output = Output(
            self._execution,
            brief.attempt,
            progress_pattern=brief.job.progress_pattern,
            stderr=[line.text for line in brief.stderr],
            clock=tools.clock,
        )
        self._lane = tools.writer.lane()
        self._unwanted = asyncio.Event()
        self._offline = self._execution.reconnecting_since is not None
        self._log = logger.bind(execution_id=self._execution.id, attempt=self._execution.attempt)

    def cancel(self) -> None:
        """Stop the remote; twice is the same as once."""
        self._unwanted.set()

    async def give_up(self) -> None:
        """Tell the host to stop the script, once, since nobody here will look after it."""
        with suppress(AttemptError):
            await self._remote.cancel()

    async def see_through(self) -> None:
        """Return when the end is recorded. Raises LeaseLost when another worker owns the run."""
        if self._execution.status is Status.CANCELLING:
            self.cancel()
        try:
            secrets = secret_values(self._brief, self._tools.read_secret)
            self._output.hide(secrets.values())
            if self._brief.attempt.started_at is None:
                await self._start(secrets)
            await self._record(await self._follow())
        except _NeverStarted:
            await self._finish(Outcome(status=Status.CANCELLED))
        except AttemptError as error:
            self._log.info("attempt_failed", category=error.category, detail=error.detail)
            await self._finish(_failed(error))

    # -- before the start ---------------------------------------------------------------------

    async def _start(self, secrets: Mapping[str, str]) -> None:
        """Have the host run the script, unless it does already."""
        if self._brief.attempt.start_requested_at is not None and await self._is_known():
            await self._tools.queue.started(self._execution)
            return
        check_plan(self._brief)
        payload = await prepare(self._tools, self._target, self._brief, secrets, self._remark)
        if not await self._tools.queue.start_requested(self._execution):
            raise _NeverStarted
        await self._launch(payload)
        await self._tools.queue.started(self._execution)

    async def _launch(self, payload: bytes) -> None:
        """Start the script once: what was sent may run, and only the host can tell."""
        plan, wait_s = self._execution.plan, _FIRST_WAIT_S
        while True:
            try:
                await self._remote.start(
                    payload,
                    timeout_s=plan.timeout_s,
                    grace_s=plan.grace_s,
                    max_bytes=self._tools.max_bytes,
                )
            except StartUncertain:
                if await self._is_known():
                    return
                if self._unwanted.is_set():
                    raise _NeverStarted from None
                await asyncio.sleep(wait_s)  # what kills every start is not to be hammered
                wait_s = min(wait_s * 2, _LONGEST_WAIT_S)
            else:
                return

    async def _is_known(self) -> bool:
        status = await self._patiently(self._remote.status)
        return status.state is not RemoteState.GONE

    async def _remark(self, sentence: str) -> None:
        await self._write(self._output.note(sentence, Level.WARNING))

    # -- while it runs ------------------------------------------------------------------------

    async def _follow(self) -> RemoteStatus:
        """Store output until the host says that the run is over; return how it stands then."""
        name = f"stop-{self._execution.id}"
        stopper = asyncio.create_task(self._stop_when_unwanted(), name=name)
        try:
            while True:
                end = await self._patiently(self._follow_once)
                status = await self._patiently(self._remote.status)
                if status.state in {RemoteState.LOST, RemoteState.GONE}:
                    return status
                if status.state is RemoteState.EXITED and end is FollowEnd.COMPLETE:
                    return status
        finally:
            stopper.cancel()
            await asyncio.gather(stopper, return_exceptions=True)

    async def _follow_once(self) -> FollowEnd:
        self._output.rewind()
        offsets = self._output.offsets
        async with self._remote.follow(offsets[Stream.OUT], offsets[Stream.ERR]) as follower:
            await self._online()
            await self._store(follower)
        is_all = follower.outcome in {FollowEnd.COMPLETE, FollowEnd.SUPERVISOR_DEAD}
        if is_all and (batch := self._output.finish()):
            await self._write(batch)
        return follower.outcome

    async def _store(self, follower: Follower) -> None:
        async for chunks in follower.chunks():
            for batch in self._output.feed(chunks):
                await self._write(batch)

    async def _write(self, batch: Batch) -> None:
        await self._lane.write(batch)

    async def _stop_when_unwanted(self) -> None:
        await self._unwanted.wait()
        await self._patiently(self._remote.cancel)
        self._log.info("remote_told_to_stop")

    async def _patiently(self, step: Callable[[], Awaitable[T]]) -> T:
        """Return what *step* returns, tried again for as long as the host does not answer."""
        wait_s = _FIRST_WAIT_S
        while True:
            try:
                result = await step()
            except AttemptError as error:
                if error.category is not Category.CONNECTION_ERROR:
                    wait_s = _REFUSED_WAIT_S
                self._log.info("host_out_of_reach", detail=error.detail, seconds=wait_s)
                await self._lost_line()
                await asyncio.sleep(wait_s)
                wait_s = min(wait_s * 2, _LONGEST_WAIT_S)
            except Unavailable:
                await asyncio.sleep(wait_s)
                wait_s = min(wait_s * 2, _LONGEST_WAIT_S)
            else:
                return result

    async def _lost_line(self) -> None:
        if not self._offline:
            self._offline = True
            await self._tools.queue.reconnecting(self._execution, lost=True)

    async def _online(self) -> None:
        if self._offline:
            self._offline = False
            await self._tools.queue.reconnecting(self._execution, lost=False)

    # -- the end ------------------------------------------------------------------------------

    async def _record(self, status: RemoteStatus) -> None:
        ended = outcome(
            status.exit_status,
            status.signal,
            status.reason,
            self._output.stderr_tail,
            plan=self._execution.plan,
        )
        if status.state in {RemoteState.LOST, RemoteState.GONE} and ended.status is not Status.LOST:
            ended = outcome(None, "", status.reason, "")
        for stream in sorted(status.truncated):
            limit = f"{self._tools.max_bytes / 1e6:,.0f} MB or a full disk on the host"
            await self._remark(f"std{stream} was cut here ({limit}); the script was not stopped.")
        receipt = status.receipt.words if status.receipt else ""
        await self._finish(ended, exit_status=status.exit_status, receipt=receipt)
        # What is stored here is not needed there; what cannot be removed now stays there.
        with suppress(AttemptError):
            await self._remote.remove()

    async def _finish(
        self, ended: Outcome, *, exit_status: int | None = None, receipt: str = ""
    ) -> None:
        await self._lane.flush()
        await self._patiently(
            lambda: self._tools.queue.finish(
                self._execution,
                ended,
                exit_status=exit_status,
                result=self._output.result,
                receipt=receipt,
            )
        )
        self._log.info("execution_finished", status=ended.status, category=ended.category)


class _NeverStarted(Exception):
    """A person cancelled before the script was sent."""


def _failed(error: AttemptError) -> Outcome:
    return Outcome(
        status=Status.FAILED,
        category=error.category,
        detail=error.detail,
        message=error.message,
        hint=error.hint,
    )

"""One execution seen through: prepare, start, follow, stop when asked, record.

Recovery is the normal path: whatever breaks between here and the host, the next step is to ask the
host how the run stands and to follow its output from the stored offset. Only what the host says, or
what cannot have begun, ends a run.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime

import structlog

from db.model.catalog import SilenceAction
from db.model.errors import AttemptError, Unavailable
from db.model.execution import Execution, Level, Status, Stream
from executor.ending import Ending, ended_as, failure
from executor.line import FIRST_WAIT_S, LONGEST_WAIT_S, Line
from executor.output import Output
from executor.preparation import check_plan, prepare, secret_values
from executor.rules.outcomes import SILENCE, Outcome
from executor.services.log_writer import Batch
from executor.services.queue import Brief
from executor.silence import Silence
from executor.ssh.errors import StartUncertain
from executor.ssh.remote import FollowEnd, Follower, RemoteRun, RemoteState, RemoteStatus
from executor.ssh.target import Target, target_of
from executor.tools import Tools

logger = structlog.get_logger(__name__)


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
        self._stop_reason = brief.attempt.stop_reason
        self._silence = Silence(
            brief.job.silence_s,
            brief.attempt.last_output_at or brief.attempt.started_at,
            tools.clock,
        )
        self._line = Line(tools.records, self._execution, self._silence)
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
        if self._execution.status is Status.CANCELLING or self._stop_reason:
            self.cancel()
        try:
            secrets = secret_values(self._brief, self._tools.read_secret)
            self._output.hide(secrets.values())
            if self._brief.attempt.started_at is None:
                await self._start(secrets)
            await self._record(await self._follow())
        except _NeverStarted:
            await (await self._ending()).finish(Outcome(status=Status.CANCELLED))
        except AttemptError as error:
            self._log.info("attempt_failed", category=error.category, detail=error.detail)
            await (await self._ending()).record(failure(error), retry_safe=error.retry_safe)

    # -- before the start ---------------------------------------------------------------------

    async def _start(self, secrets: Mapping[str, str]) -> None:
        """Have the host run the script, unless it does already."""
        if self._brief.attempt.start_requested_at is not None and await self._is_known():
            await self._tools.records.started(self._execution)
            return
        check_plan(self._brief)
        payload = await prepare(self._tools, self._target, self._brief, secrets, self._remark)
        if not await self._tools.records.start_requested(self._execution):
            raise _NeverStarted
        await self._launch(payload)
        await self._tools.records.started(self._execution)

    async def _launch(self, payload: bytes) -> None:
        """Start the script once: what was sent may run, and only the host can tell."""
        plan, wait_s = self._execution.plan, FIRST_WAIT_S
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
                wait_s = min(wait_s * 2, LONGEST_WAIT_S)
            else:
                return

    async def _is_known(self) -> bool:
        status = await self._line.patiently(self._remote.status)
        return status.state is not RemoteState.GONE

    async def _remark(self, sentence: str) -> None:
        await self._write(self._output.note(sentence, Level.WARNING))

    # -- while it runs ------------------------------------------------------------------------

    async def _follow(self) -> RemoteStatus:
        """Store output until the host says that the run is over; return how it stands then."""
        number = self._execution.id
        beside = [
            asyncio.create_task(self._stop_when_unwanted(), name=f"stop-{number}"),
            asyncio.create_task(self._mind_silence(), name=f"silence-{number}"),
        ]
        try:
            while True:
                end = await self._line.patiently(self._follow_once)
                status = await self._line.patiently(self._remote.status)
                if status.state in {RemoteState.LOST, RemoteState.GONE}:
                    return status
                if status.state is RemoteState.EXITED and end is FollowEnd.COMPLETE:
                    return status
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)

    async def _follow_once(self) -> FollowEnd:
        self._output.rewind()
        offsets = self._output.offsets
        async with self._remote.follow(offsets[Stream.OUT], offsets[Stream.ERR]) as follower:
            await self._line.is_back()
            await self._store(follower)
        is_all = follower.outcome in {FollowEnd.COMPLETE, FollowEnd.SUPERVISOR_DEAD}
        if is_all and (batch := self._output.finish()):
            await self._write(batch)
        return follower.outcome

    async def _store(self, follower: Follower) -> None:
        async for chunks in follower.chunks():
            self._silence.broken()
            for batch in self._output.feed(chunks):
                await self._write(batch)

    async def _write(self, batch: Batch) -> None:
        await self._lane.write(batch)

    async def _stop_when_unwanted(self) -> None:
        await self._unwanted.wait()
        await self._line.patiently(self._remote.cancel)
        self._log.info("remote_told_to_stop")

    async def _mind_silence(self) -> None:
        """Tell of a silence that is too long, each time, or stop the script, as its job says."""
        while True:
            since = await self._silence.too_long()
            self._log.info("script_silent", since=since.isoformat())
            if self._brief.job.silence_action is SilenceAction.STOP:
                await self._line.patiently(self._decide_to_stop)
                self.cancel()
                return
            await self._tell_silence(since)
            await self._silence.over()
            await self._tell_silence(None)

    async def _decide_to_stop(self) -> None:
        await self._tools.records.stopping(self._execution, SILENCE)
        self._stop_reason = SILENCE

    async def _tell_silence(self, since: datetime | None) -> None:
        await self._line.patiently(lambda: self._tools.records.silent(self._execution, since))

    # -- the end ------------------------------------------------------------------------------

    async def _record(self, status: RemoteStatus) -> None:
        for stream in sorted(status.truncated):
            limit = f"{self._tools.max_bytes / 1e6:,.0f} MB or a full disk on the host"
            await self._remark(f"std{stream} was cut here ({limit}); the script was not stopped.")
        ended = ended_as(
            status,
            self._output.stderr_tail,
            plan=self._execution.plan,
            stop_reason=self._stop_reason,
        )
        receipt = status.receipt.words if status.receipt else ""
        await (await self._ending()).record(ended, exit_status=status.exit_status, receipt=receipt)
        # What is stored here is not needed there; what cannot be removed now is swept later.
        with suppress(AttemptError, Unavailable):
            if await self._remote.remove():
                await self._tools.records.removed(self._execution.id, self._execution.attempt)

    async def _ending(self) -> Ending:
        await self._lane.flush()  # who reads that it is over finds every line
        return Ending(self._tools, self._brief, self._line, result=self._output.result)


class _NeverStarted(Exception):
    """A person cancelled before the script was sent."""

"""One execution seen through: prepare, start, follow, stop when asked, record.

Recovery is the normal path: whatever breaks between here and the host, the next step is to ask the
host how the run stands and to follow its output from the stored offset. Only what the host says, or
what cannot have begun, ends a run.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

import structlog

from db.model.catalog import SilenceAction
from db.model.errors import AttemptError, Unavailable
from db.model.execution import Execution, Plan, Status
from db.model.output import Level, Stream
from executor.ending import Ending, ended_as, failure
from executor.giving_up import give_up, remote_of
from executor.line import Line
from executor.output import Output
from executor.preparation import PlanChanged
from executor.rules.outcomes import SILENCE, Outcome
from executor.services.queue import Brief
from executor.silence import Silence
from executor.ssh.remote import FollowEnd, Follower, RemoteState, RemoteStatus
from executor.start import EndedUnread, NeverStarted, Start
from executor.tools import Tools

logger = structlog.get_logger(__name__)
_MOST_TOLD = 3  # what does not end on KILL will not end the fourth time


class Run:
    """An execution that this worker owns, until it is over or the lease is lost."""

    def __init__(self, tools: Tools, brief: Brief) -> None:
        self._tools = tools
        self._brief = brief
        self._execution: Execution = brief.execution
        self._remote = remote_of(tools, brief)
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
        # Whoever had the run before us may have made one, and come no further.
        self._remarks = {line.text for line in brief.last if line.stream is Stream.NOTE}
        key = brief.environment.host_key
        self._line = Line(tools.records, self._execution, self._silence, host_key=key)
        self._log = logger.bind(execution_id=self._execution.id, attempt=self._execution.attempt)

    def cancel(self) -> None:
        """Stop the remote; twice is the same as once."""
        self._unwanted.set()

    async def give_up(self) -> RemoteStatus | None:
        """Stop the script, since nobody here can look after it; return how it ended.

        None unless nothing of it runs any more. A host that does not answer is not waited for.
        """
        status = await give_up(self._remote, self._execution.plan.grace_s)
        if status is None:
            return None
        try:
            await self._lane.flush()
        except Exception:  # noqa: BLE001 - whatever it is, the next owner would only meet it again
            self._log.warning("lines_not_stored")
        return status

    async def see_through(self) -> None:
        """Return when the end is recorded.

        Raises LeaseLost when another worker owns the run, TrustedAnew when it is to be begun anew.
        """
        if self._execution.status is Status.CANCELLING or self._stop_reason:
            self.cancel()
        start = Start(
            self._tools,
            self._brief,
            self._remote,
            self._line,
            remark=self._remark,
            is_unwanted=self._unwanted.is_set,
        )
        try:
            secrets = await start.secrets()
            # A key file takes RE2 a moment, and others must not wait for it.
            await asyncio.to_thread(self._output.hide, secrets.values(), self._personal())
            if self._brief.attempt.started_at is None:
                await start.run(secrets)
            await self._record(await self._follow())
        except NeverStarted:
            await (await self._ending()).finish(Outcome(status=Status.CANCELLED))
        except EndedUnread as unread:
            await self._remark(str(unread))
            await self._record(unread.status)
        except PlanChanged as changed:
            await self._ask_again(changed.plan)
        except AttemptError as error:
            self._log.info("attempt_failed", category=error.category, detail=error.detail)
            ended = failure(error)  # a host may repeat what it was sent
            ended = replace(
                ended,
                message=self._output.clean(ended.message),
                hint=self._output.clean(ended.hint),
            )
            await (await self._ending()).record(ended, retry_safe=error.retry_safe)

    def _personal(self) -> list[str]:
        execution = self._execution
        return [execution.parameters[name] for name in execution.plan.personal]

    async def _ask_again(self, plan: Plan) -> None:
        await self._lane.flush()
        is_void = await self._line.record(lambda: self._tools.voids.void(self._execution, plan))
        if not is_void:  # a person cancelled it meanwhile
            await (await self._ending()).finish(Outcome(status=Status.CANCELLED))
        self._log.info("plan_changed", asked_again=is_void)

    async def _remark(self, sentence: str) -> None:
        remark = self._output.clean(sentence)
        if remark not in self._remarks:
            self._remarks.add(remark)
            await self._lane.write(self._output.note(remark, Level.WARNING))

    # -- while it runs ------------------------------------------------------------------------

    async def _follow(self) -> RemoteStatus:
        """Store output until the host says that the run is over; return how it stands then."""
        number = self._execution.id
        following = asyncio.create_task(self._until_over(), name=f"follow-{number}")
        tasks: set[asyncio.Task[RemoteStatus] | asyncio.Task[None]] = {
            following,
            asyncio.create_task(self._stop_when_unwanted(), name=f"stop-{number}"),
            asyncio.create_task(self._mind_silence(), name=f"silence-{number}"),
            # A script may print one line, and be silent for hours.
            asyncio.create_task(self._lane.broken(), name=f"lines-{number}"),
        }
        try:
            while not following.done():
                done, tasks = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()  # none of them may fail unseen
            return following.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _until_over(self) -> RemoteStatus:
        told_survivors = 0
        while True:
            end = await self._line.ask(self._follow_once)
            status = await self._line.ask(self._remote.status)
            if status.alive and told_survivors < _MOST_TOLD:
                # Its supervisor is dead, or its directory was removed under it; what is left of
                # it must not run beside what comes next.
                told_survivors += 1
                await self._line.ask(self._remote.cancel)
                continue
            if status.state in {RemoteState.LOST, RemoteState.GONE}:
                return status
            if status.state is RemoteState.EXITED and end is FollowEnd.COMPLETE:
                return status

    async def _follow_once(self) -> FollowEnd:
        self._output.rewind()
        offsets = self._output.offsets
        out, err = offsets[Stream.OUT], offsets[Stream.ERR]
        async with self._remote.follow(out, err, self._read_soon) as follower:
            await self._line.is_back()
            await self._store(follower)
        is_all = follower.outcome in {FollowEnd.COMPLETE, FollowEnd.SUPERVISOR_DEAD}
        if is_all and (batch := self._output.finish()):
            await self._lane.write(batch)
        return follower.outcome

    def _read_soon(self, wake: Callable[[], None]) -> None:
        self._silence.heard()
        self._tools.writer.before_commit(wake)

    async def _store(self, follower: Follower) -> None:
        async for chunks in follower.chunks():
            self._silence.broken()
            for batch in self._output.feed(chunks):
                with self._silence.held():
                    await self._lane.write(batch)

    async def _stop_when_unwanted(self) -> None:
        await self._unwanted.wait()
        await self._line.ask(self._remote.cancel)
        self._log.info("remote_told_to_stop")

    async def _mind_silence(self) -> None:
        """Tell of a silence that is too long, each time, or stop the script, as its job says."""
        if self._execution.silent_since is not None:  # told by the worker before us
            await self._silence.over()
            await self._tell_silence(None)
        while True:
            since = await self._silence.too_long()
            self._log.info("script_silent", since=since.isoformat())
            if self._brief.job.silence_action is SilenceAction.STOP:
                await self._line.record(self._decide_to_stop)
                if self._unwanted.is_set():
                    return
                continue
            await self._tell_silence(self._output.last_output_at or since)
            await self._silence.over()
            await self._tell_silence(None)

    async def _decide_to_stop(self) -> None:
        if self._silence.is_too_long:  # the database may have been waited for
            if await self._tools.records.stopping(self._execution, SILENCE):
                self._stop_reason = SILENCE
            self.cancel()

    async def _tell_silence(self, since: datetime | None) -> None:
        await self._line.record(lambda: self._tools.records.silent(self._execution, since))

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
        remain = status.alive or (status.receipt.remaining if status.receipt else 0)
        await (await self._ending()).record(
            ended,
            may_retry=not remain,
            exit_status=status.exit_status,
            receipt=status.receipt.words if status.receipt else "",
            lasted_s=status.lasted_s,
        )
        # What is stored here is not needed there; what cannot be removed now is swept later.
        with suppress(AttemptError, Unavailable):
            if await self._remote.remove():
                await self._tools.records.removed(self._execution.id, self._execution.attempt)

    async def _ending(self) -> Ending:
        await self._lane.flush()  # who reads that it is over finds every line
        return Ending(self._tools, self._brief, self._line, result=self._output.result)

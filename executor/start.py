"""From a claimed attempt to a script that runs on its host: once, whatever breaks in between.

From the moment on when a start may have been sent, only the host can say whether the script runs;
until it does, nothing ends the attempt: not a refused connection, not a secret that is missing.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog

from db.model.categories import Category
from db.model.errors import AttemptError
from executor.line import FIRST_WAIT_S, LONGEST_WAIT_S, Line
from executor.preparation import PlanChanged, Prepared, check_prepared, prepare, secret_values
from executor.services.queue import Brief
from executor.ssh.errors import StartUncertain
from executor.ssh.remote import RemoteRun, RemoteState, RemoteStatus
from executor.tools import Tools

logger = structlog.get_logger(__name__)
#: What the host itself answers to a start, so that nothing was begun by it.
_ANSWERS = frozenset({Category.DISK_FULL, Category.COMMAND_NOT_FOUND})
#: What the host answers to a look at what is to run.
_MISSING = frozenset(
    {
        Category.SCRIPT_NOT_FOUND,
        Category.DIRECTORY_NOT_FOUND,
        Category.COMMAND_NOT_FOUND,
        Category.COMMAND_NOT_EXECUTABLE,
        Category.SECRET_UNAVAILABLE,
    }
)

_OVER = frozenset({RemoteState.EXITED, RemoteState.LOST})


class NeverStarted(Exception):
    """A person cancelled before the script was sent."""


class EndedUnread(Exception):
    """A person cancelled, and it is over; what it printed cannot be masked, so nobody reads it."""

    def __init__(self, status: RemoteStatus) -> None:
        super().__init__(
            "What the script printed from here on was not stored: its secret could not be read any "
            "more, so it could not have been hidden."
        )
        self.status = status


class Start:
    """One start; *remark* writes a line into the log, *is_unwanted* tells of a cancel."""

    def __init__(
        self,
        tools: Tools,
        brief: Brief,
        remote: RemoteRun,
        line: Line,
        *,
        remark: Callable[[str], Awaitable[None]],
        is_unwanted: Callable[[], bool],
    ) -> None:
        self._tools, self._brief, self._remote, self._line = tools, brief, remote, line
        self._remark, self._is_unwanted = remark, is_unwanted
        self._execution = brief.execution
        self._may_have_begun = brief.attempt.start_requested_at is not None

    async def secrets(self) -> dict[str, str]:
        """Return the secrets by variable; AttemptError if one cannot be read and nothing runs.

        For a script that runs they are waited for: without them its output cannot be masked. Raises
        EndedUnread once it is over because a person cancelled.
        """
        wait_s = FIRST_WAIT_S
        while True:
            try:
                return secret_values(self._brief, self._tools.read_secret)
            except AttemptError as error:
                if not self._may_have_begun or not await self._is_known():
                    await self._call_off(error)
                logger.warning(
                    "secret_waited_for", execution_id=self._execution.id, why=error.message
                )
            if self._is_unwanted():
                status = await self._line.ask(self._remote.cancel)
                if status.state in _OVER:
                    raise EndedUnread(status)
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 2, LONGEST_WAIT_S)

    async def run(self, secrets: Mapping[str, str]) -> None:
        """Have the host run the script, unless it does already.

        Raises AttemptError and PlanChanged when nothing can have begun, NeverStarted.
        """
        wait_s = FIRST_WAIT_S
        while not (self._may_have_begun and await self._has_begun()):
            if await self._begin(secrets):
                break
            await asyncio.sleep(wait_s)  # what kills every start is not to be hammered
            wait_s = min(wait_s * 2, LONGEST_WAIT_S)
        await self._tools.records.started(self._execution)

    async def _begin(self, secrets: Mapping[str, str]) -> bool:
        """Start what is there now; return whether it has begun, so that it is not started again."""
        try:
            return await self._launch(secrets)
        except (AttemptError, PlanChanged, NeverStarted) as why:
            await self._call_off(why)
            return True

    async def _launch(self, secrets: Mapping[str, str]) -> bool:
        # Measured each time: host or database may have been away for hours in between.
        prepared = await self._line.record(lambda: self._checked(secrets))
        # Asked each time: another worker may own the run by now, and start it.
        if not await self._tools.records.start_requested(self._execution, prepared.plan):
            raise NeverStarted
        error = await self._sent(prepared.program)
        if error is None or await self._has_begun():
            return True
        if error.category in _ANSWERS:
            raise error
        if self._is_unwanted():
            raise NeverStarted
        return False

    async def _checked(self, secrets: Mapping[str, str]) -> Prepared:
        prepared = await self._prepared(secrets)
        await check_prepared(self._tools, self._brief, prepared.plan)
        return prepared

    async def _prepared(self, secrets: Mapping[str, str]) -> Prepared:
        async def step() -> Prepared | AttemptError:
            try:
                return await prepare(self._tools, self._brief, secrets, self._remark)
            except AttemptError as error:
                if error.category in _MISSING:  # the host did answer
                    return error
                raise

        found = await (self._line.ask(step) if self._may_have_begun else step())
        if isinstance(found, AttemptError):
            raise found
        return found

    async def _sent(self, payload: bytes) -> AttemptError | None:
        """Start the script; return why nobody knows whether it began, None: it did.

        Raises AttemptError when nothing can have begun.
        """
        plan = self._execution.plan
        try:
            await self._remote.start(
                payload,
                timeout_s=plan.timeout_s,
                grace_s=plan.grace_s,
                max_bytes=self._tools.max_bytes,
            )
        except StartUncertain as error:
            self._may_have_begun = True
            return error
        except AttemptError as error:
            if not self._may_have_begun:
                raise
            return error
        return None

    async def _call_off(self, why: Exception) -> None:
        """Raise *why* once no start of this attempt can begin any more; return if one has."""
        if self._may_have_begun:
            status = await self._line.ask(self._remote.cancel)
            if status.state is not RemoteState.GONE:
                return
        raise why

    async def _has_begun(self) -> bool:
        # A start that broke off is "starting" until it is put away: repeated, it goes on at once.
        status = await self._line.ask(self._remote.status)
        # What was removed under its script is gone, and runs.
        return status.alive > 0 or status.state not in {RemoteState.GONE, RemoteState.STARTING}

    async def _is_known(self) -> bool:
        status = await self._line.ask(self._remote.status)
        return status.state is not RemoteState.GONE

"""The line to one run's host: lost and found again, which people are told, and never given up."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

import structlog

from db.model.categories import Category
from db.model.errors import AttemptError, Unavailable
from db.model.execution import Execution
from executor.services.records import Records
from executor.silence import Silence

logger = structlog.get_logger(__name__)
T = TypeVar("T")
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 15.0
_REFUSED_WAIT_S = 60.0  # sshd bans addresses that try wrong logins (PerSourcePenalties)


class Line:
    """Knows whether the host of *execution* answers; the database knows it, too.

    *pause*: passes the seconds until something is asked again.
    """

    def __init__(
        self,
        records: Records,
        execution: Execution,
        silence: Silence,
        *,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._records, self._execution, self._silence = records, execution, silence
        self._pause = pause
        self._is_lost = self._is_told_lost = execution.reconnecting_since is not None
        self._log = logger.bind(execution_id=execution.id, attempt=execution.attempt)

    async def ask(self, step: Callable[[], Awaitable[T]]) -> T:
        """Return what *step* returns, asked of the host for as long as it does not answer."""
        wait_s = FIRST_WAIT_S
        while True:
            try:
                await self._tell()
                result = await step()
            except AttemptError as error:
                if error.category is not Category.CONNECTION_ERROR:
                    wait_s = _REFUSED_WAIT_S
                self._log.info("host_out_of_reach", detail=error.detail, seconds=wait_s)
                await self._note(is_lost=True)
            except Unavailable:
                self._log.info("database_out_of_reach", seconds=wait_s)
            else:
                await self._note(is_lost=False)
                return result
            await self._pause(wait_s)
            wait_s = min(wait_s * 2, LONGEST_WAIT_S)

    async def record(self, step: Callable[[], Awaitable[T]]) -> T:
        """Return what *step* returns, tried again for as long as the database is away."""
        wait_s = FIRST_WAIT_S
        while True:
            try:
                return await step()
            except Unavailable:
                await self._pause(wait_s)
                wait_s = min(wait_s * 2, LONGEST_WAIT_S)

    async def is_back(self) -> None:
        """Note that the host answers, in the middle of what is asked of it."""
        await self._note(is_lost=False)

    async def _note(self, *, is_lost: bool) -> None:
        self._silence.line(is_away=is_lost)
        self._is_lost = is_lost
        with suppress(Unavailable):  # it is told with the next thing that is asked
            await self._tell()

    async def _tell(self) -> None:
        is_lost = self._is_lost
        if is_lost != self._is_told_lost:
            await self._records.reconnecting(self._execution, lost=is_lost)
            self._is_told_lost = is_lost

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
_TRUST_LOOK_S = 2.0  # a person who has just trusted the host's new key looks at the card


class TrustedAnew(Exception):
    """Another key is pinned for the host than the one that it was refused for: begin anew."""


class Line:
    """Knows whether the host of *execution* answers; the database knows it, too.

    *host_key*: what is pinned for the host, as far as this run knows; *pause*: passes the seconds
    until something is asked again.
    """

    def __init__(
        self,
        records: Records,
        execution: Execution,
        silence: Silence,
        *,
        host_key: str = "",
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._records, self._execution, self._silence = records, execution, silence
        self._host_key, self._pause = host_key, pause
        self._is_lost = self._is_told_lost = execution.reconnecting_since is not None
        self._log = logger.bind(execution_id=execution.id, attempt=execution.attempt)

    async def ask(self, step: Callable[[], Awaitable[T]]) -> T:
        """Return what *step* returns, asked of the host for as long as it does not answer.

        Raises TrustedAnew when another key of it is pinned meanwhile.
        """
        wait_s = FIRST_WAIT_S
        while True:
            rest = self._pause
            try:
                await self._tell()
                result = await step()
            except AttemptError as error:
                if error.category is not Category.CONNECTION_ERROR:
                    wait_s = _REFUSED_WAIT_S
                self._log.info("host_out_of_reach", detail=error.detail, seconds=wait_s)
                await self._note(is_lost=True)
                if error.category is Category.SSH_HOST_KEY_ERROR:
                    rest = self._until_trusted
            except Unavailable:
                self._log.info("database_out_of_reach", seconds=wait_s)
            else:
                await self._note(is_lost=False)
                return result
            await rest(wait_s)
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

    async def _until_trusted(self, seconds: float) -> None:
        for _ in range(round(seconds / _TRUST_LOOK_S)):
            await self._pause(_TRUST_LOOK_S)
            with suppress(Unavailable):
                if await self._records.host_key(self._execution) != self._host_key:
                    raise TrustedAnew

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

"""Directories of ended runs that could not be removed from their hosts at the end."""

from datetime import datetime

import structlog

from db.model.errors import AttemptError, Unavailable
from executor.services.records import Leftover
from executor.ssh.remote import RemoteRun
from executor.ssh.target import target_of
from executor.tools import Tools

logger = structlog.get_logger(__name__)


class Leftovers:
    """What the database says was stored and ended is not needed on any host."""

    def __init__(self, tools: Tools, *, at_once: int = 50) -> None:
        self._tools, self._at_once = tools, at_once  # of each environment
        # By environment: when the last one ended that stays. It must not hold up the ones behind.
        self._after: dict[int, datetime] = {}

    async def sweep(self) -> None:
        """Remove what is left, host by host; one that does not answer is left for the next time."""
        away: set[int] = set()
        try:
            for left in await self._tools.records.leftovers(self._at_once, self._after):
                if left.environment.id not in away and not await self._remove(left):
                    away.add(left.environment.id)
        except Unavailable:
            logger.warning("sweep_waits_for_database")

    async def _remove(self, left: Leftover) -> bool:
        run_id = f"{left.key}-{left.attempt}"
        remote = RemoteRun(self._tools.hosts, target_of(left.environment), run_id)
        try:
            is_gone = await remote.remove()
        except AttemptError as error:
            logger.info(
                "leftover_out_of_reach", environment=left.environment.name, why=error.detail
            )
            return False
        if is_gone:
            await self._tools.records.removed(left.execution_id, left.attempt)
        else:
            self._after[left.environment.id] = left.ended_at
            logger.info("leftover_stays", execution_id=left.execution_id, attempt=left.attempt)
        return True

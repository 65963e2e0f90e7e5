"""What has to happen by itself: what waits too long expires, what is left on hosts is removed.

APScheduler is the alarm clock, as it will be for schedules: it neither drifts nor piles up.
"""

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from db.model.errors import Unavailable
from executor.leftovers import Leftovers
from executor.services.confirmations import Confirmations
from executor.services.locks import Locks
from executor.services.queue import Queue

logger = structlog.get_logger(__name__)


class Janitor:
    """Sweeps every few seconds, between ``start()`` and ``stop()``; hosts less often."""

    def __init__(
        self,
        confirmations: Confirmations,
        queue: Queue,
        locks: Locks,
        leftovers: Leftovers,
    ) -> None:
        self._confirmations, self._queue, self._locks = confirmations, queue, locks
        self._clock = AsyncIOScheduler(timezone="UTC")
        for work, seconds in ((self.sweep, 5), (leftovers.sweep, 300)):
            self._clock.add_job(work, "interval", seconds=seconds, max_instances=1, coalesce=True)

    def start(self) -> None:
        """Begin to sweep."""
        self._clock.start()

    def stop(self) -> None:
        """Sweep no more."""
        self._clock.shutdown(wait=False)

    async def sweep(self) -> None:
        """Remind of, then expire, what waits too long; note which locks opened."""
        for done, work in (
            ("confirmations_reminded", self._confirmations.remind_due),
            ("confirmations_expired", self._confirmations.expire_due),
            ("queue_waits_ended", self._queue.expire_due),
            ("locks_opened", self._locks.open_due),
        ):
            try:
                count = await work()
            except Unavailable:
                logger.warning("janitor_waits_for_database")
                return
            except Exception:  # one that cannot be done must not keep the others undone
                logger.exception("janitor_stumbled", at=done)
            else:
                if count:
                    logger.info(done, count=count)

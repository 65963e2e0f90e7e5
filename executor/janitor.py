"""What has to happen by itself: unanswered confirmations expire.

APScheduler is the alarm clock, as it will be for schedules: it neither drifts nor piles up.
"""

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from db.model.errors import Unavailable
from executor.services.confirmations import Confirmations

logger = structlog.get_logger(__name__)


class Janitor:
    """Sweeps every *every_s* seconds, between ``start()`` and ``stop()``."""

    def __init__(self, confirmations: Confirmations, *, every_s: float = 5.0) -> None:
        self._confirmations = confirmations
        self._clock = AsyncIOScheduler(timezone="UTC")
        self._clock.add_job(self.sweep, "interval", seconds=every_s, max_instances=1, coalesce=True)

    def start(self) -> None:
        """Begin to sweep."""
        self._clock.start()

    def stop(self) -> None:
        """Sweep no more."""
        self._clock.shutdown(wait=False)

    async def sweep(self) -> None:
        """Expire what was not confirmed in time."""
        try:
            expired = await self._confirmations.expire_due()
        except Unavailable:
            logger.warning("janitor_waits_for_database")
            return
        if expired:
            logger.info("confirmations_expired", count=expired)

"""Tells the channels of an environment that it was closed, and that it is open again.

What was told is in the database, like a card: an outage of Slack or a restart loses no
announcement; at worst one is read twice.
"""

import structlog

from db.model.errors import Unavailable
from db.model.locks import Lock
from executor.services.locks import Locks, Turned
from executor.services.news import News
from handlers.outbox import Outbox, Outcome
from handlers.views.locks import announced

logger = structlog.get_logger(__name__)
EVERY_S = 5.0  # between two looks, if no bell rings


class Herald:
    """Of several processes the one that tells the cards tells this as well."""

    def __init__(self, locks: Locks, news: News, outbox: Outbox) -> None:
        self._locks, self._news, self._outbox = locks, news, outbox
        self._heard: dict[Lock, set[str]] = {}  # channels that know, of what is still untold

    async def run(self) -> None:
        """Tell until cancelled."""
        while True:
            try:
                await self.tell()
            except Unavailable as error:
                logger.warning("herald_waits_for_database", error=error.message)
            except Exception:  # one that cannot be told must not silence the others for ever
                logger.exception("herald_stumbled")
            await self._locks.bell.wait(EVERY_S)

    async def tell(self) -> None:
        """Tell what has yet to be told; what Slack is too busy for is told at the next look."""
        if not self._news.has_turn:
            return
        untold = await self._locks.untold()
        self._heard = {one.lock: self._heard.get(one.lock, set()) for one in untold}
        for turned in untold:
            if await self._tell(turned, self._heard[turned.lock]):
                await self._locks.told(turned.lock)

    async def _tell(self, turned: Turned, heard: set[str]) -> bool:
        note = announced(turned)
        for channel_id in (one for one in turned.channels if one not in heard):
            sent = await self._outbox.say(channel_id, note)
            if sent.outcome is Outcome.REFUSED:
                logger.warning("announcement_refused", channel_id=channel_id, why=sent.why)
            elif sent.outcome is not Outcome.SENT:
                return False
            heard.add(channel_id)
        return True

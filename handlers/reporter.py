"""Tells Slack what the database knows: one card for each execution, and its thread.

Nothing that matters is kept here. What was told is in the database, so a restart or an outage of
Slack loses nothing and ends in the true card; at worst one thing is said twice.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog

from db.model.errors import Unavailable
from db.model.execution import WAITING, Brief
from executor.rules.estimates import Forecast
from executor.services import Item, Services
from handlers.outbox import Outbox
from handlers.pace import FOR_EACH_QUEUED_S, QUEUED_S, interval, retry_after
from handlers.teller import UPLOADS_AT_ONCE, NotNow, NotThere, Teller

logger = structlog.get_logger(__name__)

AT_ONCE = 40  # executions told at the same time; most of them wait for their turn
AT_ONCE_THERE = 10  # in one channel, which takes a post a second: others do not wait for it
BUSY_S, IDLE_S = 1.0, 3.0  # between two looks, if no bell rings
GATHER_S = 0.1  # changes that come together are told together
DATABASE_AWAY_S = 2.0
LAST_WORDS_S = 5.0
STANDBY_S = 1.0  # between two looks whether the process that tells is gone
EVER = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class _Known:
    """What the reporter remembers of one execution between two looks."""

    status: str = ""
    next_at: datetime = EVER  # of a render that is only progress
    retry_at: datetime = EVER
    failures: int = 0
    given_up: int = -1  # the version that Slack refused, or that we cannot read


class Reporter:
    """One task for each execution that has something to tell; a slow one holds up no other.

    *clock*: the time of day, in UTC; *scopes*: what the bot may do in Slack; *security_channel*:
    where a broken glass is told, too.
    """

    def __init__(
        self,
        services: Services,
        outbox: Outbox,
        *,
        scopes: frozenset[str],
        clock: Callable[[], datetime],
        security_channel: str = "",
    ) -> None:
        seen = services.veiled  # so that no card can show a personal value
        self._news, self._forecasts, self._clock = seen.news, seen.forecasts, clock
        self._teller = Teller(
            seen.news,
            seen.history,
            seen.forecasts,
            outbox,
            scopes,
            clock,
            asyncio.Semaphore(UPLOADS_AT_ONCE),
            security_channel,
        )
        self._known: dict[int, _Known] = {}
        self._busy: dict[int, asyncio.Task[None]] = {}
        self._channels: dict[int, str] = {}  # of what is busy

    async def run(self) -> None:
        """Tell until cancelled; what is under way then gets a moment, so that it is remembered."""
        async with asyncio.TaskGroup() as group:
            try:
                while True:
                    wait_s = await self._look(group)
                    await self._news.bell.wait(wait_s)
                    await asyncio.sleep(GATHER_S)
            finally:
                if self._busy:
                    await asyncio.wait(self._busy.values(), timeout=LAST_WORDS_S)
                with suppress(Unavailable):  # then the turn runs out by itself
                    await self._news.end_turn()

    async def _look(self, group: asyncio.TaskGroup) -> float:
        """Start telling what is due; return the seconds until the next look."""
        busy = set(self._busy)  # what ends while we read was read too early
        try:
            if not await self._news.take_turn():
                self._known = {}  # others know better from here on
                return STANDBY_S
            moving = await self._news.moving()
            pending = await self._news.pending()  # after it: what changed in between is news
            chosen = self._chosen(pending, moving, busy)
            # The whole of it is only read once it is told: there may be thousands.
            found = await self._news.items([brief.id for brief in chosen])
        except Unavailable as error:
            logger.warning("news_unavailable", error=error.message)
            return DATABASE_AWAY_S
        except Exception:  # what is told now and what runs must not end with one look
            logger.exception("reporter_stumbled")
            return DATABASE_AWAY_S
        items = {item.execution.id: item for item in found}
        forecasts = await self._foresee(found)
        fresh = {brief.id for brief in pending}
        for brief in chosen:
            number = brief.id
            known = self._known.setdefault(number, _Known())
            if number not in items:  # another version of Ferry can read it
                known.given_up = brief.version
                continue
            known.status, known.next_at = brief.status, self._next_at(items[number], moving)
            telling = self._tell(
                items[number], known, is_news=number in fresh, forecast=forecasts.get(number)
            )
            self._busy[number] = group.create_task(telling, name=f"tell-{number}")
            self._channels[number] = brief.channel_id
            self._busy[number].add_done_callback(partial(self._end, number))
        self._forget(pending, moving)
        return BUSY_S if pending or moving or self._busy else IDLE_S

    def _chosen(
        self, pending: Sequence[Brief], moving: Sequence[Brief], busy: Collection[int]
    ) -> list[Brief]:
        """Return what is told now: what is due, each once, as far as there is room.

        There is room in all, and in each channel.
        """
        chosen: list[Brief] = []
        fresh = {brief.id for brief in pending}
        room = AT_ONCE - len(self._busy)
        there = Counter(self._channels.values())
        for brief in (*pending, *(one for one in moving if one.id not in fresh)):
            if len(chosen) >= room:
                break
            if brief.id in busy or there[brief.channel_id] >= AT_ONCE_THERE:
                continue
            if self._is_due(brief, is_news=brief.id in fresh):
                chosen.append(brief)
                there[brief.channel_id] += 1
        return chosen

    def _is_due(self, brief: Brief, *, is_news: bool) -> bool:
        known, now = self._known.get(brief.id), self._clock()
        if known is None:
            return True
        if known.retry_at > now or known.given_up >= brief.version:
            return False
        has_turned = is_news and brief.status != known.status
        return has_turned or known.next_at <= now

    async def _foresee(self, items: list[Item]) -> dict[int, Forecast]:
        """Return the forecasts of *items*; none if that fails: then each asks for its own."""
        try:
            return await self._forecasts.of_all([item.execution for item in items])
        except Unavailable:
            return {}
        except Exception:  # one of them may be broken
            logger.exception("forecasts_crashed")
            return {}

    def _next_at(self, item: Item, moving: Sequence[Brief]) -> datetime:
        """Return when *item*, which is told now, is due again if only its progress changes."""
        execution, now = item.execution, self._clock()
        waits = sum(brief.status in WAITING for brief in moving)
        if execution.status.is_live:
            return now + interval(now - (execution.started_at or now), len(moving) - waits)
        if execution.status in WAITING:
            return now + timedelta(seconds=QUEUED_S + FOR_EACH_QUEUED_S * waits)
        return now

    async def _tell(
        self, item: Item, known: _Known, *, is_news: bool, forecast: Forecast | None
    ) -> None:
        log = logger.bind(execution_id=item.execution.id)
        try:
            try:
                await self._teller.tell(item, is_news=is_news, forecast=forecast)
            except NotThere as refusal:
                await self._teller.give_up(item, str(refusal))
                known.given_up = item.execution.version
                return
        except NotNow as reason:
            self._put_off(known)
            log.info("telling_put_off", why=str(reason))
        except Unavailable as error:
            self._put_off(known)
            log.warning("database_unavailable", error=error.message)
        except Exception:  # one card that cannot be told must not silence the others
            self._put_off(known)
            log.exception("telling_crashed")
        else:
            known.failures = 0

    def _end(self, number: int, _: asyncio.Task[None]) -> None:
        self._busy.pop(number, None)
        self._channels.pop(number, None)

    def _put_off(self, known: _Known) -> None:
        known.failures += 1
        known.retry_at = self._clock() + retry_after(known.failures)
        known.status = ""  # it was not told

    def _forget(self, *seen: Iterable[Brief]) -> None:
        """Drop what is neither news, nor running, nor waiting."""
        kept = {brief.id for briefs in seen for brief in briefs} | self._busy.keys()
        self._known = {key: known for key, known in self._known.items() if key in kept}

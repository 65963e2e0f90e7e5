"""Tells Slack what the database knows: one card for each execution, and its thread.

Nothing that matters is kept here. What was told is in the database, so a restart or an outage of
Slack loses nothing and ends in the true card; at worst one thing is said twice.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog

from db.model.errors import Unavailable
from db.model.execution import Execution, Status
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
WAITING = frozenset({Status.AWAITING_CONFIRMATION, Status.QUEUED})
EVER = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class _Known:
    """What the reporter remembers of one execution between two looks."""

    status: Status | None = None
    next_at: datetime = EVER  # of a render that is only progress
    retry_at: datetime = EVER
    failures: int = 0
    given_up: int = -1  # the version that Slack refused


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
        self._queued: dict[int, Item] = {}  # their place in line changes without news of their own
        self._knows_queued = False  # what was told before a restart, or by another process
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
                self._known, self._queued = {}, {}  # others know better from here on
                self._knows_queued = False
                return STANDBY_S
            if not self._knows_queued:
                waiting = await self._news.waiting()
                self._queued = {item.execution.id: item for item in waiting}
                self._knows_queued = True
            pending = await self._news.pending(limit=100)
            fresh = {item.execution.id for item in pending}
            live = await self._news.live()
            # The whole of what runs is only read once it is told: there may be hundreds.
            running = await self._news.items(self._ticks(live, fresh))
        except Unavailable as error:
            logger.warning("news_unavailable", error=error.message)
            return DATABASE_AWAY_S
        except Exception:  # what is told now and what runs must not end with one look
            logger.exception("reporter_stumbled")
            return DATABASE_AWAY_S
        queued = [item for item in self._queued.values() if item.execution.id not in fresh]
        chosen = self._chosen(pending, [*running, *queued], busy)
        forecasts = await self._foresee(chosen)
        for item in chosen:
            number = item.execution.id
            known = self._plan_next(item.execution, runs=len(live))
            telling = self._tell(
                item, known, is_news=number in fresh, forecast=forecasts.get(number)
            )
            self._busy[number] = group.create_task(telling, name=f"tell-{number}")
            self._channels[number] = item.execution.channel_id
            self._busy[number].add_done_callback(partial(self._end, number))
        self._forget(fresh, live)
        return BUSY_S if pending or live or queued or self._busy else IDLE_S

    def _ticks(self, live: Mapping[int, str], fresh: Collection[int]) -> list[int]:
        """Return what runs and may be due to be told again, as far as its channel has room."""
        there = Counter(self._channels.values())
        found = []
        for number, channel_id in live.items():
            is_free = number not in fresh and number not in self._busy
            if is_free and there[channel_id] < AT_ONCE_THERE and self._is_tick(number):
                there[channel_id] += 1
                found.append(number)
        return found[:AT_ONCE]

    def _is_tick(self, execution_id: int) -> bool:
        known = self._known.get(execution_id)
        return known is None or max(known.retry_at, known.next_at) <= self._clock()

    def _is_due(self, item: Item, is_news: bool) -> bool:
        known, now = self._known.get(item.execution.id), self._clock()
        if known is None:
            return True
        if known.retry_at > now or known.given_up >= item.execution.version:
            return False
        has_turned = is_news and item.execution.status is not known.status
        return has_turned or known.next_at <= now

    def _chosen(self, news: list[Item], ticks: list[Item], busy: set[int]) -> list[Item]:
        """Return what is told now: what is due, each once, as far as there is room.

        There is room in all, and in each channel.
        """
        chosen: dict[int, Item] = {}
        room = AT_ONCE - len(self._busy)
        there = Counter(self._channels.values())
        for items, is_news in ((news, True), (ticks, False)):
            for item in items:
                if len(chosen) >= room:
                    break
                number, channel_id = item.execution.id, item.execution.channel_id
                if number in busy or number in chosen or there[channel_id] >= AT_ONCE_THERE:
                    continue
                if self._is_due(item, is_news):
                    chosen[number] = item
                    there[channel_id] += 1
        return list(chosen.values())

    async def _foresee(self, items: list[Item]) -> dict[int, Forecast]:
        """Return the forecasts of *items*; none if that fails: then each asks for its own."""
        try:
            return await self._forecasts.of_all([item.execution for item in items])
        except Unavailable:
            return {}
        except Exception:  # one of them may be broken
            logger.exception("forecasts_crashed")
            return {}

    def _plan_next(self, execution: Execution, *, runs: int) -> _Known:
        """Note that *execution* is told now, and when its progress is due again."""
        now = self._clock()
        known = self._known.setdefault(execution.id, _Known())
        known.status, known.next_at = execution.status, now
        if execution.status.is_live:
            known.next_at += interval(now - (execution.started_at or now), runs)
        elif execution.status in WAITING:
            known.next_at += timedelta(seconds=QUEUED_S + FOR_EACH_QUEUED_S * len(self._queued))
        return known

    async def _tell(
        self, item: Item, known: _Known, *, is_news: bool, forecast: Forecast | None
    ) -> None:
        log = logger.bind(execution_id=item.execution.id)
        try:
            try:
                card = await self._teller.tell(item, is_news=is_news, forecast=forecast)
            except NotThere as refusal:
                await self._teller.give_up(item, str(refusal))
                known.given_up = item.execution.version
                self._queued.pop(item.execution.id, None)
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
            self._queued.pop(item.execution.id, None)
            if item.execution.status in WAITING:
                self._queued[item.execution.id] = Item(item.execution, card)

    def _end(self, number: int, _: asyncio.Task[None]) -> None:
        self._busy.pop(number, None)
        self._channels.pop(number, None)

    def _put_off(self, known: _Known) -> None:
        known.failures += 1
        known.retry_at = self._clock() + retry_after(known.failures)
        known.status = None  # it was not told

    def _forget(self, *seen: Iterable[int]) -> None:
        """Drop what is neither news, nor running, nor queued."""
        kept = {number for numbers in seen for number in numbers}
        kept |= self._busy.keys() | self._queued.keys()
        self._known = {key: known for key, known in self._known.items() if key in kept}

"""Tells one execution as it stands: its card, what is due in its thread, its log."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

import structlog

from db.model.execution import Card, Execution, Status
from db.model.locks import Closed
from db.model.output import LogLine, Stream
from executor.rules.confirming import Answerers
from executor.rules.estimates import Forecast
from executor.services.forecasts import Forecasts
from executor.services.history import History, as_text
from executor.services.news import Item, News
from handlers.log_file import log_file
from handlers.outbox import Outbox, Outcome, Place, Sent
from handlers.views import alarms, thread
from handlers.views.card import execution_card
from handlers.views.message import Told
from handlers.views.states import BAD_ENDS

logger = structlog.get_logger(__name__)

LINES_ON_CARD, LINES_OF_FAILURE = 60, 20  # most may be marks of progress, which no card shows
UPLOADS_AT_ONCE = 2
# Keys of posts, beside those of the thread. A card is being posted before anybody knows where.
LOG, NOT_HERE, POSTING, ANEW = "log", "not-here", "posting", "posted-anew"


class NotNow(Exception):
    """Slack is busy or away, or others tell: what is not told yet stays news."""


class NotThere(Exception):
    """Slack will not show the card; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Teller:
    """*scopes*: what the bot may do; without ``files:write`` nothing is attached."""

    news: News
    history: History
    forecasts: Forecasts
    outbox: Outbox
    scopes: frozenset[str]
    clock: Callable[[], datetime]
    uploads: asyncio.Semaphore
    security_channel: str = ""
    posting: set[int] = field(default_factory=set)  #: executions whose card this process posts

    async def tell(self, item: Item, *, is_news: bool, forecast: Forecast | None = None) -> None:
        """Bring Slack up to *item*, and remember in the database what was told.

        *forecast*: as *item* was read; without it, it is asked for.
        *is_news*: the execution changed; else only its progress did, and a render may be dropped.
        Raises NotNow to be called again later, NotThere if that makes no sense.
        """
        item = await self._alarm(await self._announced(item))
        execution, card = item.execution, item.card
        tail = await self._tail(execution)
        forecast = forecast or await self.forecasts.of(execution)
        proves = await self.history.proves(execution)
        overrode = await self.history.overrode(execution)
        render = partial(
            execution_card,
            execution,
            tail=tail,
            forecast=forecast,
            now=self.clock(),
            proves=proves,
            overrode=overrode,
            is_anew=ANEW in card.posts,
        )
        told = render(log_permalink=card.log_permalink)
        sent = await self._show(card, told, is_urgent=is_news or not card.ts)
        if is_news or sent.outcome is Outcome.SENT:
            await self.news.told(
                execution.id,
                ts=sent.ts,
                channel_id=sent.channel_id,
                version=execution.version,
                digest=told.digest,
            )
            self.posting.discard(execution.id)
        calls = await self._calls(execution, forecast.closed, overrode)
        await self._say_what_is_due(item, tail, forecast, sent, calls)
        if permalink := await self._attach_log(item, sent):
            # It stays news until the card says so, too.
            told = render(log_permalink=permalink)
            _check(await self._show(card, told, is_urgent=False))
        if is_news:
            await self.news.settled(execution.id, execution.version)

    async def give_up(self, item: Item, why: str) -> None:
        """Tell the requester why, once; then leave the card alone until the execution changes.

        Raises NotNow where the requester cannot be told yet: nothing else would.
        """
        execution = item.execution
        logger.warning("card_refused", execution_id=execution.id, why=why)
        if NOT_HERE not in item.card.posts and not execution.requested_by.startswith("cli:"):
            _check(await self.outbox.say(execution.requested_by, thread.not_here(execution, why)))
            await self.news.posted(execution.id, NOT_HERE)
        await self.news.silence(execution.id, execution.version, why)

    def _check_turn(self) -> None:
        if not self.news.has_turn:
            raise NotNow("another process tells by now")

    async def _tail(self, execution: Execution) -> list[LogLine]:
        """Return the lines worth showing, of its last attempt: of a failure, those of stderr."""
        tail = partial(self.history.tail, execution.id, attempt=execution.attempt)
        if execution.status.is_live:
            return await tail(LINES_ON_CARD)
        if execution.status not in BAD_ENDS:
            return []
        if execution.status is not Status.FAILED:  # what it did last, not what it warned of before
            return await tail(LINES_ON_CARD)
        errors = await tail(LINES_OF_FAILURE, stream=Stream.ERR)
        return errors or await tail(LINES_OF_FAILURE)

    async def _show(self, card: Card, told: Told, *, is_urgent: bool) -> Sent:
        place = Place(
            key=str(card.execution_id),
            channel_id=card.channel_id,
            ts=card.ts,
            digest=card.told_hash,
        )
        self._check_turn()
        sent = await self.outbox.show(place, told, urgent=is_urgent)
        if sent.is_unsure:  # then the next one says so, as after a restart
            self.posting.discard(card.execution_id)
        if sent.outcome is Outcome.REFUSED:
            raise NotThere(sent.why)
        if is_urgent or not sent.ts:  # without its card a thread would begin in the channel
            _check(sent)
        return sent

    async def _say_what_is_due(
        self,
        item: Item,
        tail: list[LogLine],
        forecast: Forecast,
        card: Sent,
        calls: thread.Calls,
    ) -> None:
        """Say what the thread has yet to tell."""
        execution = item.execution
        has_retries = execution.max_attempts > 1 and execution.attempt > 0
        posts = thread.due_posts(
            execution,
            said=item.card.posts,
            tail=tail,
            estimate=forecast.estimate,
            attempts=await self.history.attempts(execution) if has_retries else (),
            now=self.clock(),
            log_is_attached="files:write" in self.scopes,
            calls=calls,
        )
        for post in posts:
            self._check_turn()
            sent = await self.outbox.say(
                card.channel_id, post.told, thread_ts=card.ts, broadcast=post.broadcast
            )
            _check(sent)
            if sent.outcome is Outcome.REFUSED:
                logger.warning(
                    "post_refused", execution_id=execution.id, key=post.key, why=sent.why
                )
            await self.news.posted(execution.id, post.key)

    async def _calls(
        self, execution: Execution, closed: Closed | None, overrode: Closed | None
    ) -> thread.Calls:
        is_called = execution.status is Status.AWAITING_CONFIRMATION and execution.reminded_at
        whom = await self.history.answerers(execution) if is_called else Answerers()
        return thread.Calls(whom, closed, overrode)

    async def _announced(self, item: Item) -> Item:
        """Note that the card is about to be posted; return *item* with that.

        A process that is killed between Slack's answer and its record leaves a card that nobody can
        find, and so does an answer that does not come: Slack lets no app look for its messages that
        may not read all others. Whoever posts it again says so on the new one.
        """
        number, posts = item.execution.id, item.card.posts
        if item.card.ts or number in self.posting:
            return item
        self._check_turn()
        key = ANEW if POSTING in posts else POSTING
        await self.news.posted(number, key)
        self.posting.add(number)
        return replace(item, card=replace(item.card, posts=posts | {key}))

    async def _alarm(self, item: Item) -> Item:
        """Tell the security channel of a glass, each time it is broken; return *item* then.

        Before all else, and not with the thread: its channel may refuse the card.
        """
        execution, posts = item.execution, item.card.posts
        key = alarms.alarm_key(execution, posts)
        if not (key and self.security_channel):
            return item
        self._check_turn()
        overrode = await self.history.overrode(execution)
        told = alarms.broken_glass(execution, overrode, is_elsewhere=True)
        sent = await self.outbox.say(self.security_channel, told)
        _check(sent)
        keys = {key}
        if sent.outcome is Outcome.REFUSED:
            keys.add(alarms.ALARM_REFUSED)
            logger.error("security_channel_not_told", execution_id=execution.id, why=sent.why)
        for each in keys:
            await self.news.posted(execution.id, each)
        return replace(item, card=replace(item.card, posts=posts | keys))

    async def _attach_log(self, item: Item, card: Sent) -> str:
        """Put the whole log into the thread; return its address, empty if nothing was attached."""
        execution = item.execution
        is_due = execution.status.is_over and execution.lines > 0 and LOG not in item.card.posts
        if not is_due or "files:write" not in self.scopes:
            return ""
        async with self.uploads:
            self._check_turn()
            try:
                sent = await self._upload(execution, card)
            except OSError as error:
                why = f"Ferry's machine has no room to put it together ({error.strerror})."
                sent = Sent(Outcome.REFUSED, why=why)
        _check(sent)
        if sent.outcome is Outcome.REFUSED:
            logger.warning("log_refused", execution_id=execution.id, why=sent.why)
            told = thread.log_refused(execution, sent.why)
            _check(await self.outbox.say(card.channel_id, told, thread_ts=card.ts))
        await self.news.attached(execution.id, LOG, sent.permalink)
        return sent.permalink

    async def _upload(self, execution: Execution, card: Sent) -> Sent:
        name = f"ferry-{execution.id}-{execution.job_name}"
        async with (
            aclosing(self.history.log(execution.id)) as log,
            log_file(name, as_text(log)) as file,
        ):
            if not file.size or file.is_too_large:
                why = "It is too large for Slack." if file.size else "It is empty."
                return Sent(Outcome.REFUSED, why=why)
            return await self.outbox.attach(
                card.channel_id,
                file,
                thread_ts=card.ts,
                title=f"Log of #{execution.id} {execution.job_name} (times: UTC, as received)",
            )


def _check(sent: Sent) -> None:
    if sent.outcome in (Outcome.LATER, Outcome.SUPERSEDED):
        raise NotNow(sent.why)

"""One call of Slack's Web API: in its turn, within the budget, and again after a failure."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from handlers.budgets import Budgets
from handlers.troubles import FAILURES, Kind, Trouble, diagnose

logger = structlog.get_logger(__name__)

PATIENCE_S = 30.0


def _always() -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Turn:
    """How much a call matters: what is not urgent never waits."""

    is_urgent: bool
    is_wanted: Callable[[], bool] = _always  #: False as soon as there is something newer to send


URGENT = Turn(is_urgent=True)


class Caller:
    """*clock* is steady, in seconds; what is urgent waits *patience_s* for its turn."""

    def __init__(self, clock: Callable[[], float], *, patience_s: float = PATIENCE_S) -> None:
        self._clock, self._patience_s = clock, patience_s
        self._budgets = Budgets()

    async def call(
        self,
        method: str,
        channel_id: str,
        send: Callable[[], Awaitable[AsyncSlackResponse]],
        turn: Turn,
    ) -> AsyncSlackResponse:
        """Return Slack's answer to *send*.

        Raises Trouble: BUSY or AWAY when patience ran out, UNWANTED when there is something newer,
        else what Slack said; and AWAY at once where a post may be out that nobody can find.
        """
        deadline = self._clock() + (self._patience_s if turn.is_urgent else 0.0)
        trouble = Trouble(Kind.BUSY, "budget", "Too much is being told at once.")
        while True:
            await self._wait(method, channel_id, turn, deadline, trouble)
            window = self._budgets.window(method, channel_id)
            window.begin()
            try:
                answer = await send()
            except FAILURES as error:
                trouble = diagnose(error)
                self._note(trouble, method)
                may_be_out = trouble.is_unsure and method == "chat.postMessage"
                if may_be_out or trouble.kind not in (Kind.BUSY, Kind.AWAY):
                    raise trouble from error
            else:
                self._note_answer()
                return answer
            finally:
                window.end(self._clock())

    async def _wait(
        self, method: str, channel_id: str, turn: Turn, deadline: float, trouble: Trouble
    ) -> None:
        """Return when *method* may be called; raise *trouble* if that is after *deadline*."""
        while turn.is_wanted():
            now = self._clock()
            wait_s = self._budgets.wait_s(method, channel_id, now, urgent=turn.is_urgent)
            if wait_s <= 0:
                return
            if now + wait_s > deadline:
                raise trouble
            await asyncio.sleep(wait_s)
        raise Trouble(Kind.UNWANTED, "superseded")

    def _note(self, trouble: Trouble, method: str) -> None:
        """Let the others know of *trouble*: what hit this call would hit theirs."""
        now = self._clock()
        if trouble.kind is Kind.BUSY:
            self._budgets.pause(method, now, trouble.retry_after_s)
            logger.warning("slack_busy", method=method, pause_s=trouble.retry_after_s)
        elif trouble.kind is Kind.AWAY:
            pause_s = self._budgets.away(now)
            logger.warning("slack_away", method=method, code=trouble.code, pause_s=pause_s)
        else:
            self._note_answer()

    def _note_answer(self) -> None:
        if self._budgets.back():
            logger.info("slack_back")

"""The page's HTTP API from the outside: read the state, do an act, wait for a change."""
# ruff: noqa: ASYNC109 - a person says how long they wait

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

from aiohttp import ClientSession, ClientTimeout

from playground.errors import Json

T = TypeVar("T")
PATIENCE_S = 10.0
# What happens within this time is looked at once.
GATHER_S = 0.02
NO_LIMIT = ClientTimeout(total=None)


class PageClient:
    """The page of one person; nothing stays open between calls."""

    def __init__(self, url: str, user_id: str) -> None:
        self._url = url.rstrip("/")
        self.id = user_id

    async def state(self, channel: str = "") -> Json:
        """Return all that this person sees now; *channel* limits the messages to one channel."""
        async with ClientSession() as session:
            return await self._state(session, channel)

    async def does(self, verb: str, **act: object) -> Json:
        """Do one act of the page's API; raises AssertionError with the refusal."""
        answer = await self.tries(verb, **act)
        if not answer["ok"]:
            raise AssertionError(f"{self.id} {verb}: {answer.get('error')}")
        return answer

    async def tries(self, verb: str, **act: object) -> Json:
        """Do one act of the page's API; return the answer, be it a refusal."""
        body = {"user": self.id, **act}
        async with (
            ClientSession() as session,
            session.post(f"{self._url}/page/{verb}", json=body) as answer,
        ):
            result: Json = await answer.json()
            return result

    async def until(
        self,
        look: Callable[[Json], T | None],
        complain: Callable[[Json], str],
        *,
        timeout: float = PATIENCE_S,
        channel: str = "",
    ) -> T:
        """Return what *look* finds in the state, looking again whenever something happens.

        After *timeout* seconds raises AssertionError with what *complain* says of the last state.
        """
        state: Json = {}
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout), ClientSession(timeout=NO_LIMIT) as session:
                state = await self._state(session, channel)
                if (found := look(state)) is not None:
                    return found
                async for _ in self._changes(session):
                    state = await self._state(session, channel)
                    if (found := look(state)) is not None:
                        return found
        raise AssertionError(f"after {timeout} s, for {self.id}: {complain(state)}")

    async def _changes(self, session: ClientSession) -> AsyncIterator[None]:
        """Yield whenever something has happened; a stream begins with an event of its own."""
        while True:
            async with session.get(f"{self._url}/page/events?user={self.id}") as events:
                async for _ in events.content.iter_any():
                    yield
                    await asyncio.sleep(GATHER_S)

    async def _state(self, session: ClientSession, channel: str) -> Json:
        query = {"user": self.id, "channel": channel}
        async with session.get(f"{self._url}/page/state", params=query) as answer:
            state: Json = await answer.json()
            return state

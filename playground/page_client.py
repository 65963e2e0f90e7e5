"""The page's HTTP API from the outside: read the state, do an act, wait for a change."""
# ruff: noqa: ASYNC109 - a person says how long they wait

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

from aiohttp import ClientSession, ClientTimeout

from playground.errors import Json

T = TypeVar("T")
PATIENCE_S = 10.0


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
        deadline = time.monotonic() + timeout
        async with ClientSession(timeout=ClientTimeout(total=None)) as session:
            state = await self._state(session, channel)
            if (found := look(state)) is not None:
                return found
            url = f"{self._url}/page/events?user={self.id}"
            async with session.get(url) as events:
                while (left := deadline - time.monotonic()) > 0:
                    try:
                        await asyncio.wait_for(events.content.readany(), left)
                    except TimeoutError:
                        break
                    state = await self._state(session, channel)
                    if (found := look(state)) is not None:
                        return found
        raise AssertionError(f"after {timeout} s, for {self.id}: {complain(state)}")

    async def _state(self, session: ClientSession, channel: str) -> Json:
        query = {"user": self.id, "channel": channel}
        async with session.get(f"{self._url}/page/state", params=query) as answer:
            state: Json = await answer.json()
            return state

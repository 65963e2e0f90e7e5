"""Who may not use Ferry at all: guests, bots, people who were deactivated. Slack knows."""

from collections.abc import Callable
from datetime import datetime, timedelta

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from db.model.errors import NotAllowed, Unavailable
from db.model.people import Person

_KEPT = timedelta(minutes=10)  # an answer is asked for again after that
_MOST = 10_000
_REFUSED = ("is_restricted", "is_ultra_restricted", "is_bot", "is_stranger", "deleted")


class Guests:
    """Asks Slack who somebody is, once in ten minutes."""

    def __init__(self, client: AsyncWebClient, clock: Callable[[], datetime]) -> None:
        self._client, self._clock = client, clock
        self._known: dict[str, tuple[bool, datetime]] = {}

    async def admit(self, person: Person) -> None:
        """Raise NotAllowed unless *person* is a full member; Unavailable if Slack does not say."""
        known = self._known.get(person.user_id)
        if known is None or known[1] <= self._clock():
            known = (await self._is_member(person.user_id), self._clock() + _KEPT)
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[person.user_id] = known
        if not known[0]:
            raise NotAllowed(
                "Ferry works for full members of the workspace only, so nothing was done.",
                hint="Guests and bots run nothing: ask a colleague who is a member.",
            )

    async def _is_member(self, user_id: str) -> bool:
        try:
            user = (await self._client.users_info(user=user_id))["user"]
        except SlackApiError as error:
            if error.response.get("error") in {"user_not_found", "user_not_visible"}:
                return False
            raise _unsaid() from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _unsaid() from error
        return not any(user.get(mark) for mark in _REFUSED)


def _unsaid() -> Unavailable:
    return Unavailable(
        "Slack did not say who you are, so nothing was done.", hint="Try again in a moment."
    )

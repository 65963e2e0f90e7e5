"""Who may not use Ferry at all: guests, bots, strangers, people who left. Slack knows."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from db.model.errors import NotAllowed, Unavailable
from db.model.people import Person

_KEPT = timedelta(minutes=10)  # an answer is asked for again after that
_MOST = 10_000
_SLACKBOT = "USLACKBOT"  # a bot that Slack does not mark as one
#: Slack's marks, and what they make of somebody; ``is_app_user`` is none: it only says that they
#: once let this app act for them.
_MARKS = {
    "deleted": "deactivated",
    "is_restricted": "a guest",
    "is_ultra_restricted": "a guest",
    "is_bot": "a bot",
    "is_workflow_bot": "a bot",
    "is_stranger": "of another workspace",
}


class Guests:
    """Asks Slack who somebody is, once in ten minutes."""

    def __init__(self, client: AsyncWebClient, clock: Callable[[], datetime]) -> None:
        self._client, self._clock = client, clock
        self._known: dict[str, tuple[str, datetime]] = {}

    async def admit(self, person: Person) -> None:
        """Raise NotAllowed unless *person* is a full member; Unavailable if Slack does not say."""
        known = self._known.get(person.user_id)
        if known is None or known[1] <= self._clock():
            known = (await self.mark(person), self._clock() + _KEPT)
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[person.user_id] = known
        if known[0]:
            raise NotAllowed(
                "Ferry works for full members of the workspace only, so nothing was done.",
                hint="Guests and bots run nothing: ask a colleague who is a member.",
            )

    async def mark(self, person: Person) -> str:
        """Return what *person* is that keeps them out ("a guest"), as Slack says right now.

        Empty for a full member; Unavailable if Slack does not say.
        """
        try:
            user = (await self._client.users_info(user=person.user_id))["user"]
        except SlackApiError as error:
            if error.response.get("error") in {"user_not_found", "user_not_visible"}:
                return "unknown to Slack"
            raise _unsaid() from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _unsaid() from error
        return _mark(user, person.team_id)


def _mark(user: Mapping[str, Any], team_id: str) -> str:
    """Return what keeps *user* of Slack's out of the workspace *team_id*."""
    if user.get("id") == _SLACKBOT:
        return "a bot"
    for mark, words in _MARKS.items():
        if user.get(mark):
            return words
    # Somebody who shares a channel has another team, or in an organization, others of its teams.
    teams = {user.get("team_id"), *(user.get("enterprise_user") or {}).get("teams", ())}
    return "" if team_id in teams else _MARKS["is_stranger"]


def _unsaid() -> Unavailable:
    return Unavailable(
        "Slack did not say who you are, so nothing was done.", hint="Try again in a moment."
    )

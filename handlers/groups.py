"""Who is in which user group: Slack knows, and is asked only if anything depends on a group."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from db.model.errors import Unavailable
from db.model.people import Person

logger = structlog.get_logger(__name__)
SCOPE = "usergroups:read"
_KEPT = timedelta(minutes=3)  # Slack takes the question 20 times a minute
_SILENT = timedelta(seconds=15)  # after a failure it is left alone for so long
_PATIENCE_S = 2.0  # whoever presses a button waits for it


@dataclass(frozen=True, slots=True)
class Group:
    """A user group that is in use."""

    id: str
    handle: str  #: without the @
    members: frozenset[str]


class Groups:
    """Asks for all groups of the workspace at once, every few minutes.

    *named*: returns the ids of the groups on which anything depends.
    """

    def __init__(
        self,
        client: AsyncWebClient,
        clock: Callable[[], datetime],
        named: Callable[[], Awaitable[frozenset[str]]],
    ) -> None:
        self._client, self._clock, self._named = client, clock, named
        self._one_asks = asyncio.Lock()
        self._known: Mapping[str, Group] | None = None
        self._asked_at, self._kept = datetime.min.replace(tzinfo=UTC), timedelta()

    async def of(self, person: Person) -> Person:
        """Return *person* with their groups; with ``knows_groups`` False if Slack does not say."""
        if not await self._named():
            return person
        known = await self._current()
        if known is None:
            return replace(person, knows_groups=False)
        mine = frozenset(one.id for one in known.values() if person.user_id in one.members)
        return replace(person, groups=mine)

    async def listed(self) -> Mapping[str, Group]:
        """Return the groups by id as they are right now; Unavailable if Slack does not say."""
        try:
            async with asyncio.timeout(_PATIENCE_S):
                answer = await self._client.usergroups_list(include_users=True)
        except SlackApiError as error:
            raise _unsaid(error.response.get("error", "")) from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _unsaid(type(error).__name__) from error
        groups = [
            Group(one["id"], one.get("handle", ""), frozenset(one.get("users") or ()))
            for one in answer["usergroups"]
            if not one.get("date_delete")
        ]
        return {one.id: one for one in groups}

    async def _current(self) -> Mapping[str, Group] | None:
        async with self._one_asks:
            # A clock that was put back would keep them for as long as it was ahead.
            if not timedelta() <= self._clock() - self._asked_at < self._kept:
                try:
                    self._known, self._kept = await self.listed(), _KEPT
                except Unavailable:
                    self._known, self._kept = None, _SILENT
                self._asked_at = self._clock()
            return self._known


def _unsaid(code: str) -> Unavailable:
    logger.warning("groups_not_read", error=code)
    if code == "missing_scope":
        return Unavailable(
            f"Ferry may not read user groups: its bot token lacks the scope `{SCOPE}`, so nothing "
            "was done.",
            hint="Add it at https://api.slack.com/apps → your app → OAuth & Permissions → Scopes, "
            "then install the app again. Roles of people and of everyone work without it.",
        )
    return Unavailable(
        "Slack did not say which user groups there are, so nothing was done.",
        hint="Try again in a minute.",
    )

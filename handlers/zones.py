"""In which time zone somebody means what they type: Slack knows it."""

from zoneinfo import ZoneInfo

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from db.model.errors import InvalidInput, Unavailable
from executor.rules.zones import zone


class Zones:
    """Asks Slack each time: people travel, and seldom type a time."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client

    async def of(self, user_id: str) -> ZoneInfo:
        """Return the person's time zone, UTC if they have none; Unavailable if Slack is silent."""
        try:
            user = (await self._client.users_info(user=user_id))["user"]
        except (SlackApiError, aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unavailable(
                "Slack did not say in which time zone you are, so nothing was done.",
                hint="Try again in a moment, or say for how long: `for 2h`.",
            ) from error
        try:
            return zone(user.get("tz") or "UTC")
        except InvalidInput:
            return zone("UTC")

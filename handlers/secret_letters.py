"""A second factor's secret on its way to one person: a direct message, until it is set up."""

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from executor.services.second_factors import Enrolment
from handlers.views import second_factors as views
from handlers.views.message import Told

logger = structlog.get_logger(__name__)


class SecretLetters:
    """Written to one's own conversation with Ferry, which nobody else can read."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client

    async def send(self, user_id: str, enrolment: Enrolment) -> None:
        """Write the secret to *user_id*, as a picture and as text, with a button for its code."""
        note = views.on_its_way()
        answer = await self._client.chat_postMessage(
            channel=user_id, text=note.text, blocks=note.blocks
        )
        channel_id, ts = str(answer["channel"]), str(answer["ts"])
        file_id = await self._picture(channel_id, enrolment.address)
        place = views.place_of(channel_id, ts, file_id)
        told = views.letter(enrolment.secret, place, has_picture=bool(file_id))
        await self._show(channel_id, ts, told)

    async def retire(self, place: str) -> None:
        """Put a receipt in place of the secret, and delete the picture, if Slack lets us."""
        channel_id, ts, file_id = views.placed(place)
        is_gone = await self._is_deleted(file_id) if file_id else True
        await self._show(channel_id, ts, views.enrolled(is_gone=is_gone))

    async def _picture(self, channel_id: str, address: str) -> str:
        """Return the id of the picture; empty if it cannot be there, and typing has to do."""
        try:
            answer = await self._client.files_upload_v2(
                channel=channel_id,
                filename="ferry-second-factor.png",
                content=views.picture(address),
                title="Second factor: scan it with your authenticator app",
                alt_txt="QR picture of the secret that the message above spells out",
            )
        except SlackApiError as error:
            logger.warning("picture_refused", error=error.response.get("error"))
            return ""
        return str(answer["files"][0]["id"])

    async def _is_deleted(self, file_id: str) -> bool:
        try:
            await self._client.files_delete(file=file_id)
        except SlackApiError as error:
            logger.warning("picture_not_deleted", error=error.response.get("error"))
            return error.response.get("error") in {"file_not_found", "file_deleted"}
        return True

    async def _show(self, channel_id: str, ts: str, told: Told) -> None:
        await self._client.chat_update(
            channel=channel_id, ts=ts, text=told.text, blocks=told.blocks, parse="none"
        )

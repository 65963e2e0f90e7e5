"""Trigger ids and response URLs: Slack's short-lived permissions to answer a person."""

import secrets
from collections import OrderedDict
from dataclasses import dataclass

from playground.clock import Clock
from playground.errors import SlackError

TRIGGER_LIFE_S = 3.0
RESPONSE_LIFE_S = 30 * 60.0
RESPONSE_USES = 5
KEPT = 5000


@dataclass
class Trigger:
    """One use, within three seconds, for what *user* did."""

    user: str
    channel: str
    view_id: str
    issued_at: float
    used: bool = False


@dataclass
class ResponseUrl:
    """Where the bot may answer: *message_ts* is the message that was clicked, if any."""

    user: str
    channel: str
    message_ts: str
    is_ephemeral: bool
    thread_ts: str
    issued_at: float
    uses: int = 0


class Permits:
    """Hands out permissions and checks them; keeps the newest few thousand."""

    def __init__(self, clock: Clock, team: str) -> None:
        self._clock = clock
        self._team = team
        self._triggers: OrderedDict[str, Trigger] = OrderedDict()
        self._responses: OrderedDict[str, ResponseUrl] = OrderedDict()

    def trigger(self, user: str, *, channel: str = "", view_id: str = "") -> str:
        """Return a new trigger id; *view_id* is the modal that it comes from."""
        trigger_id = f"{len(self._triggers)}.{self._team}.{secrets.token_hex(16)}"
        self._triggers[trigger_id] = Trigger(user, channel, view_id, self._clock.now())
        while len(self._triggers) > KEPT:
            self._triggers.popitem(last=False)
        return trigger_id

    def exchange(self, trigger_id: str) -> Trigger:
        """Use up a trigger id."""
        trigger = self._triggers.get(trigger_id)
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.used:
            raise SlackError("exchanged_trigger_id")
        if self._clock.now() - trigger.issued_at > TRIGGER_LIFE_S:
            raise SlackError("expired_trigger_id")
        trigger.used = True
        return trigger

    def response(
        self,
        user: str,
        channel: str,
        *,
        message_ts: str = "",
        is_ephemeral: bool = False,
        thread_ts: str = "",
    ) -> str:
        """Return the id of a new response URL."""
        response_id = secrets.token_urlsafe(18)
        self._responses[response_id] = ResponseUrl(
            user, channel, message_ts, is_ephemeral, thread_ts, self._clock.now()
        )
        while len(self._responses) > KEPT:
            self._responses.popitem(last=False)
        return response_id

    def use_response(self, response_id: str) -> ResponseUrl:
        """Count one use of a response URL."""
        response = self._responses.get(response_id)
        if response is None or self._clock.now() - response.issued_at > RESPONSE_LIFE_S:
            raise SlackError("expired_url")
        if response.uses >= RESPONSE_USES:
            raise SlackError("used_url")
        response.uses += 1
        return response

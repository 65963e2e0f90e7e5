"""What people do outside of modals: commands, messages, shortcuts, opening the Home tab."""

import re

from playground import payloads
from playground.cast import BOT_USER
from playground.core import Core
from playground.delivery import Ack, Delivery
from playground.errors import Json, Refused, SlackError
from playground.responses import bot_content

_NAME = re.compile(r"(?<![\w<])[@#][\w.-]*\w")


class Acts:
    """Each method is one act of one person; it returns what the page is told."""

    def __init__(self, core: Core, delivery: Delivery) -> None:
        self._core = core
        self._delivery = delivery

    async def command(self, act: Json) -> Json:
        """Send a slash command; its ack may carry the answer."""
        user, channel = who_and_where(self._core, act)
        word, _, text = str(act.get("text", "")).partition(" ")
        if word == "/invite":
            return self._invite(channel, text)
        known = next(
            (each for each in self._core.workspace.commands if each["command"] == word), None
        )
        if known is None:
            raise Refused(f"{word} is not a valid command. In Slack, commands start with a slash.")
        if act.get("thread_ts"):
            raise Refused(f"{word} is not supported in threads. Sorry!")
        if known.get("should_escape"):
            text = self._escaped(text)
        response_id = self._core.permits.response(user["id"], channel["id"])
        payload = payloads.slash_command(
            user,
            channel,
            word,
            text,
            trigger_id=self._core.permits.trigger(user["id"], channel=channel["id"]),
            response_url=f"{self._core.url}/response/{response_id}",
        )
        ack = await self._delivery.send("slash_commands", payload)
        if ack.error:
            raise Refused(f'{word} failed with the error "{ack.error}"')
        self._show_answer(user, channel, act["text"], ack)
        return {}

    def message(self, act: Json) -> Json:
        """Post what a person writes; the bot hears of it only if it subscribed."""
        user, channel = who_and_where(self._core, act)
        text = str(act.get("text", ""))
        if not text.strip():
            raise Refused("There is nothing to send.")
        message = self._core.workspace.post(
            channel["id"], {"text": text}, user=user["id"], thread_ts=act.get("thread_ts") or ""
        )
        place = {"channel": channel["id"], "user": user["id"], "text": text, "ts": message["ts"]}
        if channel["is_im"]:
            self._event({"type": "message", "channel_type": "im", **place}, "message.im")
        elif f"<@{BOT_USER}>" in text and channel["is_member"]:
            self._event({"type": "app_mention", **place}, "app_mention")
        return {"ts": message["ts"]}

    async def shortcut(self, act: Json) -> Json:
        """Use a global shortcut, or one on a message if ``message_ts`` is given."""
        user = self._core.workspace.user(act["user"])
        trigger_id = self._core.permits.trigger(user["id"], channel=act.get("channel") or "")
        callback_id = str(act.get("callback_id"))
        if act.get("message_ts"):
            _, channel = who_and_where(self._core, act)
            message = self._core.workspace.message(channel["id"], act["message_ts"])
            response_id = self._core.permits.response(user["id"], channel["id"])
            ids = {"trigger_id": trigger_id, "action_ts": self._core.clock.ts()}
            ids["response_url"] = f"{self._core.url}/response/{response_id}"
            payload = payloads.message_action(user, callback_id, channel, message, **ids)
        else:
            ts = self._core.clock.ts()
            payload = payloads.shortcut(user, callback_id, ts, trigger_id=trigger_id)
        ack = await self._delivery.send(payload["type"], payload)
        if ack.error:
            raise Refused(f'The shortcut failed with the error "{ack.error}"')
        return {}

    def home_opened(self, act: Json) -> Json:
        """Tell the bot that a person looks at its Home tab (or its Messages tab)."""
        user = self._core.workspace.user(act["user"])
        channel = self._core.workspace.channel(user["id"])["id"]
        event = {"type": "app_home_opened", "user": user["id"], "channel": channel}
        event |= {"tab": act.get("tab", "home"), "event_ts": self._core.clock.ts()}
        home = self._core.views.homes.get(user["id"])
        self._event(event | ({"view": home} if home else {}), "app_home_opened")
        return {}

    def _invite(self, channel: Json, text: str) -> Json:
        """Let the bot into a channel, as Slack's own command does."""
        if text.strip().removeprefix("@") != "ferry" or channel["is_member"]:
            raise Refused("/invite @ferry lets the app into a channel that it is not in yet.")
        channel["is_member"] = True
        self._core.feed.publish({"type": "channel", "channel": channel})
        joined = {"subtype": "channel_join", "text": f"<@{BOT_USER}> has joined the channel"}
        self._core.workspace.post(channel["id"], joined, user=BOT_USER)
        return {}

    def _event(self, event: Json, subscription: str) -> None:
        if subscription in self._core.workspace.bot_events:
            callback = payloads.event_callback(event, self._core.clock.now())
            self._delivery.send_event(callback)

    def _escaped(self, text: str) -> str:
        """Return *text* with names of people, groups and channels as ``should_escape`` sends."""
        workspace = self._core.workspace
        names = {f"@{name}": f"<!{name}>" for name in ("everyone", "channel", "here")}
        for group in workspace.usergroups.values():
            names[f"@{group['handle']}"] = f"<!subteam^{group['id']}|@{group['handle']}>"
        for user in workspace.users.values():
            names[f"@{user['name']}"] = f"<@{user['id']}|{user['name']}>"
        for channel in workspace.channels.values():
            if not channel["is_im"]:
                names[f"#{channel['name']}"] = f"<#{channel['id']}|{channel['name']}>"
        return _NAME.sub(lambda typed: names.get(typed[0], typed[0]), text)

    def _show_answer(self, user: Json, channel: Json, typed: str, ack: Ack) -> None:
        answer = ack.as_dict()
        if not (answer.get("text") or answer.get("blocks") or answer.get("attachments")):
            return
        try:
            content = bot_content(answer)
        except SlackError as error:
            raise Refused(f'The app answered with something Slack refuses: "{error}"') from error
        if answer.get("response_type") == "in_channel":
            self._core.workspace.post(channel["id"], {"text": typed}, user=user["id"])
            self._core.workspace.post(channel["id"], content, user=BOT_USER)
        else:
            self._core.workspace.whisper(channel["id"], user["id"], content)


def who_and_where(core: Core, act: Json) -> tuple[Json, Json]:
    """Return the person and the conversation of an act."""
    user = core.workspace.user(str(act.get("user")))
    channel = core.workspace.channel(str(act.get("channel")))
    if user["id"] not in core.workspace.members(channel):
        raise Refused(f"{user['real_name']} is not in this conversation.")
    return user, channel

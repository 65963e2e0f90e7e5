"""Channels, people and messages: what is said, and who may see it. Pure state, no I/O."""

from collections import deque
from typing import Any

from playground import cast
from playground.clock import Clock
from playground.errors import Json, SlackError
from playground.feed import Feed

MAX_TEXT = 40_000
# A click may come from a screen a few edits old, as in a real client.
OLD_SCREENS = 10


class Workspace:
    """One team with its app; every change is told to the feed."""

    def __init__(self, clock: Clock, feed: Feed) -> None:
        self.clock = clock
        self.feed = feed
        self.reset()
        self.install(cast.manifest())

    def reset(self) -> None:
        """Go back to the beginning: everybody there, nothing said."""
        self.users = cast.people()
        self.usergroups = cast.usergroups()
        self.channels = cast.channels(self.users)
        self.messages: dict[str, dict[str, Json]] = {name: {} for name in self.channels}
        self.ephemerals: dict[tuple[str, str], dict[str, Json]] = {}
        self.files: dict[str, Json] = {}
        self.contents: dict[str, bytes] = {}
        self._screens: dict[tuple[str, str], deque[Json]] = {}
        self.feed.close()  # every page comes back and reads everything anew

    def install(self, manifest: Json) -> None:
        """Take commands, shortcuts, scopes and event subscriptions from an app manifest."""
        features = manifest.get("features", {})
        events = manifest.get("settings", {}).get("event_subscriptions", {})
        self.commands: list[Json] = features.get("slash_commands", [])
        self.shortcuts: list[Json] = features.get("shortcuts", [])
        self.scopes = set(manifest.get("oauth_config", {}).get("scopes", {}).get("bot", []))
        self.bot_events = set(events.get("bot_events", []))

    def set_usergroup(self, wish: Json) -> None:
        """Make or change the user group ``id``: its ``handle``, its ``users``, ``disabled``."""
        group_id = str(wish["id"])
        new = cast.usergroup(group_id, group_id.lower(), group_id, [])
        group = self.usergroups.setdefault(group_id, new)
        group["handle"] = str(wish.get("handle", group["handle"]))
        if "users" in wish:
            group["users"] = [self.user(each)["id"] for each in wish["users"]]
        if "disabled" in wish:
            group["date_delete"] = int(self.clock.now()) if wish["disabled"] else 0

    def user(self, user_id: str) -> Json:
        """Return a person, or refuse as Slack does."""
        if user_id not in self.users:
            raise SlackError("user_not_found")
        return self.users[user_id]

    def channel(self, name: str) -> Json:
        """Return a conversation by id, by ``#name``, or by the id of its person."""
        by_id = self.channels.get("D" + name[1:] if name.startswith("U") else name)
        if by_id is not None:
            return by_id
        for channel in self.channels.values():
            if not channel["is_im"] and channel["name"] == name.removeprefix("#"):
                return channel
        raise SlackError("channel_not_found")

    def writable(self, name: str) -> Json:
        """Return a conversation that the bot may write to."""
        channel = self.channel(name)
        if not channel["is_member"] and "chat:write.public" not in self.scopes:
            raise SlackError("not_in_channel")
        return channel

    def members(self, channel: Json) -> list[str]:
        """Return the ids of those who see a conversation."""
        if channel["is_im"]:
            return [channel["user"], cast.BOT_USER]
        bot_too = channel["is_member"]
        return [user for user in self.users if bot_too or user != cast.BOT_USER]

    def message(self, channel: str, ts: str) -> Json:
        """Return a message, or refuse as Slack does."""
        found = self.messages[channel].get(ts)
        if found is None:
            raise SlackError("message_not_found")
        return found

    def screens(self, channel: str, ts: str) -> list[Json]:
        """Return the newest looks of a message, newest first."""
        return list(self._screens.get((channel, ts), []))

    def post(self, channel: str, content: Json, *, user: str, thread_ts: str = "") -> Json:
        """Add a message; a reply is counted at its root."""
        ts = self.clock.ts()
        message: Json = {"type": "message", "ts": ts, "user": user, "text": ""}
        message |= author(user) | content
        message["text"] = message["text"][:MAX_TEXT]
        if thread_ts:
            message["thread_ts"] = self._count_reply(channel, thread_ts, message)
        self.messages[channel][ts] = message
        self._shown(channel, message)
        return message

    def edit(self, channel: str, ts: str, content: Json) -> Json:
        """Replace what a message says; only another text counts as edited."""
        old = self.message(channel, ts)
        kept = {key: old[key] for key in old if key not in ("blocks", "attachments", "text")}
        message = kept | {"text": ""} | content
        if message["text"] != old["text"]:
            message["edited"] = {"user": old["user"], "ts": self.clock.ts()}
        self.messages[channel][ts] = message
        self._shown(channel, message)
        return message

    def delete(self, channel: str, ts: str) -> None:
        """Remove a message; the root of a thread leaves a tombstone."""
        message = self.message(channel, ts)
        if message.get("reply_count"):
            thread = ("type", "ts", "user", "thread_ts", "reply_count", "reply_users")
            grave = {key: message[key] for key in thread}
            grave |= {"subtype": "tombstone", "text": "This message was deleted."}
            self.messages[channel][ts] = grave
            self._shown(channel, grave)
            return
        del self.messages[channel][ts]
        self._screens.pop((channel, ts), None)
        self.feed.publish({"type": "message_deleted", "channel": channel, "ts": ts})

    def whisper(self, channel: str, user: str, content: Json, *, ts: str = "") -> Json:
        """Add an ephemeral message that only *user* sees, or replace the one with *ts*."""
        message: Json = {"type": "message", "user": cast.BOT_USER, "text": ""}
        message |= author(cast.BOT_USER) | {"subtype": "bot_message", "is_ephemeral": True}
        message |= content | {"ts": ts or self.clock.ts()}
        self.ephemerals.setdefault((user, channel), {})[message["ts"]] = message
        self._remember(channel, message)
        self.feed.publish({"type": "ephemeral", "channel": channel, "message": message}, user)
        return message

    def hush(self, channel: str, user: str, ts: str) -> None:
        """Remove an ephemeral message."""
        if self.ephemerals.get((user, channel), {}).pop(ts, None) is not None:
            event = {"type": "ephemeral_deleted", "channel": channel, "ts": ts}
            self.feed.publish(event, user)

    def touch(self, channel: str, ts: str) -> None:
        """Tell the pages that a message got a reaction, a pin or a reply."""
        message = self.messages[channel][ts]
        self.feed.publish({"type": "message", "channel": channel, "message": message})

    def _count_reply(self, channel: str, thread_ts: str, reply: Json) -> str:
        root = self.messages[channel].get(thread_ts)
        if root is None:
            raise SlackError("thread_not_found")
        if root.get("thread_ts", thread_ts) != thread_ts:
            return self._count_reply(channel, root["thread_ts"], reply)
        users = root.setdefault("reply_users", [])
        if reply["user"] not in users:
            users.append(reply["user"])
        root["thread_ts"] = thread_ts
        root["reply_count"] = root.get("reply_count", 0) + 1
        root["latest_reply"] = reply["ts"]
        self.touch(channel, thread_ts)
        return thread_ts

    def _shown(self, channel: str, message: Json) -> None:
        self._remember(channel, message)
        self.touch(channel, message["ts"])

    def _remember(self, channel: str, message: Json) -> None:
        key = (channel, message["ts"])
        self._screens.setdefault(key, deque(maxlen=OLD_SCREENS)).appendleft(message)


def author(user: str) -> Json:
    """Return the fields that mark a message as the bot's, if it is."""
    if user != cast.BOT_USER:
        return {}
    fields: dict[str, Any] = {"bot_id": cast.BOT_ID, "app_id": cast.APP_ID, "team": cast.TEAM_ID}
    return fields

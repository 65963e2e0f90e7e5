"""The shapes of what Slack sends to an app. Values in, dictionaries out."""

import secrets
from typing import Any

from playground import cast
from playground.errors import Json


def common(user: Json) -> Json:
    """Return what every interaction carries."""
    who = {"id": user["id"], "username": user["name"], "name": user["name"]}
    return {
        "team": {"id": cast.TEAM_ID, "domain": cast.TEAM["domain"]},
        "user": who | {"team_id": user["team_id"]},
        "api_app_id": cast.APP_ID,
        "token": "playground",
        "enterprise": None,
        "is_enterprise_install": False,
    }


def channel_ref(channel: Json) -> Json:
    """Return the short form of a conversation."""
    name = "directmessage" if channel["is_im"] else channel["name"]
    return {"id": channel["id"], "name": name}


def slash_command(user: Json, channel: Json, command: str, text: str, **ids: str) -> Json:
    """Return the form fields of a slash command; *ids* are trigger_id and response_url."""
    place = channel_ref(channel)
    return {
        "token": "playground",
        "team_id": cast.TEAM_ID,
        "team_domain": cast.TEAM["domain"],
        "channel_id": place["id"],
        "channel_name": place["name"],
        "user_id": user["id"],
        "user_name": user["name"],
        "command": command,
        "text": text,
        "api_app_id": cast.APP_ID,
        "is_enterprise_install": "false",
        **ids,
    }


def block_actions(user: Json, action: Json, where: Json, **ids: str) -> Json:
    """Return a click; *where* has container and view, or channel, message and state."""
    return {"type": "block_actions", **common(user), **ids, **where, "actions": [action]}


def view_submission(user: Json, view: Json, trigger_id: str, response_urls: list[Json]) -> Json:
    """Return a submitted modal."""
    payload = {"type": "view_submission", **common(user), "trigger_id": trigger_id, "view": view}
    return payload | {"response_urls": response_urls}


def view_closed(user: Json, view: Json, *, is_cleared: bool) -> Json:
    """Return a modal that a person closed."""
    return {"type": "view_closed", **common(user), "view": view, "is_cleared": is_cleared}


def block_suggestion(user: Json, ids: Json, typed: str, where: Json) -> Json:
    """Return the question for the options of an external select; *ids*: block_id, action_id."""
    return {"type": "block_suggestion", **common(user), **ids, "value": typed, **where}


def shortcut(user: Json, callback_id: str, ts: str, **ids: str) -> Json:
    """Return a global shortcut."""
    head: Json = {"type": "shortcut", **common(user), "action_ts": ts}
    return head | {"callback_id": callback_id, **ids}


def message_action(user: Json, callback_id: str, channel: Json, message: Json, **ids: str) -> Json:
    """Return a shortcut that was used on a message."""
    head: Json = {"type": "message_action", **common(user), "callback_id": callback_id}
    place = {"channel": channel_ref(channel), "message": message, "message_ts": message["ts"]}
    return head | place | ids


def event_callback(event: Json, now: float) -> Json:
    """Return an event of the Events API."""
    bot: dict[str, Any] = {"enterprise_id": None, "team_id": cast.TEAM_ID}
    bot |= {"user_id": cast.BOT_USER, "is_bot": True, "is_enterprise_install": False}
    return {
        "token": "playground",
        "team_id": cast.TEAM_ID,
        "api_app_id": cast.APP_ID,
        "type": "event_callback",
        "event_id": "Ev" + secrets.token_hex(5).upper(),
        "event_time": int(now),
        "event": event,
        "authorizations": [bot],
        "is_ext_shared_channel": False,
        "event_context": "EC-playground",
    }

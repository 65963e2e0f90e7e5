"""auth, apps, conversations, users, reactions, pins: who is there, and small marks."""

from playground import cast
from playground.core import Core
from playground.errors import Json, SlackError
from playground.methods.base import Args, Method


def auth_test(core: Core, _args: Args) -> Json:
    """auth.test."""
    who = {"user": "ferry", "user_id": cast.BOT_USER, "bot_id": cast.BOT_ID}
    team = {"team": cast.TEAM["name"], "team_id": cast.TEAM_ID}
    return {"url": f"{core.url}/", **who, **team, "is_enterprise_install": False}


def open_connection(core: Core, _args: Args) -> Json:
    """apps.connections.open: a ticket for one socket."""
    address = core.url.replace("http://", "ws://", 1)
    return {"url": f"{address}/socket/{core.sockets.ticket()}"}


def conversation_info(core: Core, args: Args) -> Json:
    """conversations.info."""
    channel = core.workspace.channel(args.required("channel"))
    return {"channel": channel | {"topic": {"value": channel["topic"]}}}


def conversation_open(core: Core, args: Args) -> Json:
    """conversations.open: the direct conversation with one person."""
    user = core.workspace.user(args.required("users"))
    if user["deleted"]:
        raise SlackError("user_disabled")
    return {"channel": {"id": core.workspace.channel(user["id"])["id"]}}


def conversation_members(core: Core, args: Args) -> Json:
    """conversations.members, always in one page."""
    channel = core.workspace.channel(args.required("channel"))
    members = core.workspace.members(channel)
    return {"members": members, "response_metadata": {"next_cursor": ""}}


def user_info(core: Core, args: Args) -> Json:
    """users.info."""
    return {"user": core.workspace.user(args.required("user"))}


def add_reaction(core: Core, args: Args) -> Json:
    """reactions.add."""
    channel = core.workspace.writable(args.required("channel"))["id"]
    message = core.workspace.message(channel, args.required("timestamp"))
    name = args.required("name")
    reactions = message.setdefault("reactions", [])
    if any(reaction["name"] == name for reaction in reactions):
        raise SlackError("already_reacted")
    reactions.append({"name": name, "count": 1, "users": [cast.BOT_USER]})
    core.workspace.touch(channel, message["ts"])
    return {}


def add_pin(core: Core, args: Args) -> Json:
    """pins.add."""
    channel = core.workspace.writable(args.required("channel"))["id"]
    message = core.workspace.message(channel, args.required("timestamp"))
    if message.get("pinned_to"):
        raise SlackError("already_pinned")
    message["pinned_to"] = [channel]
    core.workspace.touch(channel, message["ts"])
    return {}


READ_CHANNELS = ("channels:read", "groups:read", "im:read", "mpim:read")
TEAM = {
    "auth.test": Method(auth_test),
    "apps.connections.open": Method(open_connection, tier=3, wants_app_token=True),
    "conversations.info": Method(conversation_info, tier=3, scopes=READ_CHANNELS),
    "conversations.open": Method(conversation_open, tier=3, scopes=("im:write", "channels:manage")),
    "conversations.members": Method(conversation_members, tier=4, scopes=READ_CHANNELS),
    "users.info": Method(user_info, tier=4, scopes=("users:read",)),
    "reactions.add": Method(add_reaction, tier=3, scopes=("reactions:write",)),
    "pins.add": Method(add_pin, tier=2, scopes=("pins:write",)),
}

"""Who and what is there when a playground opens: people, channels, commands, scopes."""

from playground.errors import Json

TEAM_ID = "T0FERRY"
TEAM: Json = {"id": TEAM_ID, "name": "Ferry playground", "domain": "ferry-playground"}
APP_ID = "A0FERRY"
BOT_ID = "B0FERRY"
BOT_USER = "U0BOT"
BOT_TOKEN = "xoxb-playground"
APP_TOKEN = "xapp-playground"
SIGNING_SECRET = "playground-secret"

SCOPES = ("commands", "chat:write", "files:write", "users:read", "usergroups:read", "im:write")


def person(user_id: str, name: str, real_name: str, **flags: bool) -> Json:
    """Return a person in the shape of Slack's users.info."""
    kinds = ("deleted", "is_admin", "is_owner", "is_restricted", "is_ultra_restricted", "is_bot")
    return {
        "id": user_id,
        "team_id": TEAM_ID,
        "name": name,
        "real_name": real_name,
        "tz": "America/Sao_Paulo",
        "tz_offset": -10800,
        "profile": {"real_name": real_name, "display_name": name},
        **{kind: flags.get(kind, False) for kind in kinds},
    }


def people() -> dict[str, Json]:
    """Return everybody, by id; the bot last."""
    everybody = [
        person("U0ANA", "ana", "Ana Souza", is_admin=True),
        person("U0BRUNO", "bruno", "Bruno Lima"),
        person("U0CARLA", "carla", "Carla Dias"),
        person("U0GUEST", "guest", "Gil (guest)", is_restricted=True),
        person(BOT_USER, "ferry", "Ferry", is_bot=True),
    ]
    return {user["id"]: user for user in everybody}


def usergroup(group_id: str, handle: str, name: str, users: list[str]) -> Json:
    """Return a user group in the shape of Slack's usergroups.list."""
    shape: Json = {"id": group_id, "team_id": TEAM_ID, "is_usergroup": True, "is_external": False}
    return {**shape, "handle": handle, "name": name, "date_delete": 0, "users": users}


def usergroups() -> dict[str, Json]:
    """Return every user group, by id."""
    return {"S0OPS": usergroup("S0OPS", "migrations-ops", "Migrations ops", ["U0CARLA"])}


def channel(channel_id: str, name: str, topic: str, *, is_member: bool = True) -> Json:
    """Return a public channel; *is_member* tells whether the bot is in it."""
    shape: Json = {"id": channel_id, "name": name, "is_channel": True, "is_im": False}
    return {**shape, "is_private": False, "topic": topic, "is_member": is_member}


def direct(user: Json) -> Json:
    """Return the conversation between a person and the bot."""
    channel_id = "D" + user["id"][1:]
    shape: Json = {"id": channel_id, "name": "ferry", "is_channel": False, "is_im": True}
    return {**shape, "is_private": True, "topic": "", "is_member": True, "user": user["id"]}


def channels(users: dict[str, Json]) -> dict[str, Json]:
    """Return every conversation, by id: four channels, and one with the bot for each person."""
    public = [
        channel("C0STAGING", "staging-ops", "Rehearsals"),
        channel("C0PROD", "prod-ops", "The real thing"),
        channel("C0RANDOM", "random", "Anything else"),
        channel("C0QUIET", "quiet", "Nobody invited the bot", is_member=False),
    ]
    private = [direct(user) for user in users.values() if not user["is_bot"]]
    return {each["id"]: each for each in public + private}


def manifest() -> Json:
    """Return what of an app manifest the playground reads, for the default app."""
    command = {
        "command": "/migrate",
        "description": "Run data migrations and see how they go",
        "usage_hint": "[run | status | cancel | history | jobs | sources | envs | bind | help]",
        "should_escape": True,
    }
    shortcut = {
        "name": "Run a migration",
        "type": "global",
        "callback_id": "run_job",
        "description": "Pick a job, fill in its parameters, run it",
    }
    return {
        "features": {"slash_commands": [command], "shortcuts": [shortcut]},
        "oauth_config": {"scopes": {"bot": list(SCOPES)}},
        "settings": {"event_subscriptions": {"bot_events": ["app_home_opened"]}},
    }

"""Whether the tokens are good, asked before anything is connected with them, answered in words."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from db.model.errors import InvalidInput, Unavailable
from handlers.troubles import DEAD_TOKEN

logger = structlog.get_logger(__name__)
BOT_TOKEN, APP_TOKEN = "bot_token", "app_token"
#: Without these Ferry can do nothing; ``files:write`` only costs it the log files, and
#: ``usergroups:read`` the roles of user groups.
NEEDED_SCOPES = frozenset({"commands", "chat:write", "users:read"})
INSTALL = "https://api.slack.com/apps → your app → "
_WHERE = {
    BOT_TOKEN: INSTALL + "OAuth & Permissions → Bot User OAuth Token",
    APP_TOKEN: INSTALL + "Basic Information → App-Level Tokens",
}
_LOOKS = {BOT_TOKEN: "xoxb-", APP_TOKEN: "xapp-"}
_KINDS = {BOT_TOKEN: "bot token", APP_TOKEN: "app-level token"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """Who Ferry is in Slack."""

    team_id: str
    team: str
    user_id: str
    url: str  #: the workspace's address
    scopes: frozenset[str]


async def preflight(client: AsyncWebClient, app_token: str | None) -> Me:
    """Return who Ferry is; *app_token* None: HTTP mode, which needs none.

    Raises InvalidInput that says of every token what is wrong with it (``fields``: ``bot_token``,
    ``app_token``), or Unavailable if Slack does not answer.
    """
    problems = {BOT_TOKEN: _shape(BOT_TOKEN, client.token or "")}
    if app_token is not None:
        problems[APP_TOKEN] = _shape(APP_TOKEN, app_token)
    me = None
    if not problems[BOT_TOKEN]:
        me, problems[BOT_TOKEN] = await _check_bot(client)
    if app_token is not None and not problems[APP_TOKEN]:
        problems[APP_TOKEN] = await _check_app(client, app_token)
    said = {name: sentence for name, sentence in problems.items() if sentence}
    if said or me is None:
        raise InvalidInput(
            "Slack cannot be used like this: " + " ".join(said.values()), fields=said
        )
    return me


async def preflight_until_answered(
    client: AsyncWebClient,
    app_token: str | None,
    *,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    most_s: float = 60.0,
) -> Me:
    """Return who Ferry is, asking again with growing pauses while Slack is away.

    Raises InvalidInput at once if a token is bad: waiting would not help.
    """
    pause_s = 1.0
    while True:
        try:
            return await preflight(client, app_token)
        except Unavailable as error:
            logger.warning("slack_away", error=error.message, again_in_s=pause_s)
        await sleep(pause_s)
        pause_s = min(most_s, pause_s * 2)


def _shape(name: str, token: str) -> str:
    """Return what is wrong with a token that can be seen without asking Slack."""
    if token.startswith(_LOOKS[name]):
        return ""
    if not token:
        return f"The {_KINDS[name]} is missing. It is at {_WHERE[name]}."
    other = BOT_TOKEN if name == APP_TOKEN else APP_TOKEN
    swapped = f" That is a {_KINDS[other]}: are the two swapped?"
    return (
        f"The {_KINDS[name]} must begin with {_LOOKS[name]}, this one begins with "
        f"{token[:5]!r}.{swapped if token.startswith(_LOOKS[other]) else ''}"
        f" The right one is at {_WHERE[name]}."
    )


async def _check_bot(client: AsyncWebClient) -> tuple[Me | None, str]:
    try:
        answer = await client.auth_test()
    except SlackApiError as error:
        return None, _refusal(BOT_TOKEN, error)
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise _away(error) from error
    header = next((v for k, v in answer.headers.items() if k.lower() == "x-oauth-scopes"), "")
    scopes = frozenset(scope.strip() for scope in header.split(",") if scope.strip())
    missing = sorted(NEEDED_SCOPES - scopes) if scopes else []
    if missing:
        return None, (
            f"The bot token lacks the scopes {', '.join(missing)}: add them at {INSTALL}OAuth & "
            "Permissions → Scopes, then install the app again."
        )
    me = Me(
        team_id=answer["team_id"],
        team=answer.get("team", ""),
        user_id=answer["user_id"],
        url=answer.get("url", ""),
        scopes=scopes,
    )
    return me, ""


async def _check_app(client: AsyncWebClient, app_token: str) -> str:
    try:
        await client.apps_connections_open(app_token=app_token)
    except SlackApiError as error:
        return _refusal(APP_TOKEN, error)
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise _away(error) from error
    return ""


def _refusal(name: str, error: SlackApiError) -> str:
    """Return what Slack's refusal of a token means; Unavailable if it says nothing of the token."""
    code = error.response.get("error", "") if error.response.status_code == 200 else ""
    kind, where = _KINDS[name], _WHERE[name]
    if code in DEAD_TOKEN:
        return f"Slack does not accept the {kind} ({code}): copy it again from {where}."
    if code == "not_allowed_token_type":
        return f"Slack takes another kind of token as the {kind}. The right one is at {where}."
    if code == "missing_scope":
        needed = "connections:write" if name == APP_TOKEN else ", ".join(sorted(NEEDED_SCOPES))
        return f"The {kind} lacks the scope {needed}: make a new one with it at {where}."
    if not code or code in {"ratelimited", "internal_error", "fatal_error", "service_unavailable"}:
        raise _away(error) from error
    return f"Slack refuses the {kind} with `{code}`. It is at {where}."


def _away(error: Exception) -> Unavailable:
    return Unavailable(f"Slack does not answer ({type(error).__name__}).")

"""``ferry check``: whether settings, database, tokens and hosts are good, a sentence each."""

from collections.abc import Collection
from dataclasses import dataclass

from slack_sdk.web.async_client import AsyncWebClient

from bot.offline import services_of
from bot.secret_refs import read_secret
from bot.settings import Settings, SlackMode, require_slack
from db.model.errors import FerryError
from executor.ssh.pool import Hosts
from executor.ssh.target import target_of
from handlers.groups import SCOPE
from handlers.outbox import slack_session
from handlers.preflight import INSTALL, Me, preflight


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, and whether it is good."""

    is_good: bool
    words: str


async def checkup(settings: Settings) -> list[Finding]:
    """Return a finding for Slack, the database, the admins and each environment."""
    me, slack = await _slack(settings)
    findings = [slack]
    findings.append(
        Finding(True, f"{len(settings.admins)} admins")
        if settings.admins
        else Finding(False, "No admin is named: set FERRY_ADMINS=U012AB3CD (Slack user ids).")
    )
    try:
        findings += await _environments(settings, me)
    except FerryError as error:
        findings.append(_bad("Database", error))
    return findings


async def _slack(settings: Settings) -> tuple[Me | None, Finding]:
    try:
        require_slack(settings)
        async with slack_session() as session:
            client = AsyncWebClient(
                settings.slack_bot_token, base_url=settings.slack_api_url, session=session
            )
            is_socket = settings.slack_mode is SlackMode.SOCKET
            me = await preflight(client, settings.slack_app_token if is_socket else None)
    except FerryError as error:
        return None, _bad("Slack", error)
    return me, Finding(True, f"Slack: workspace {me.team}")


async def _environments(settings: Settings, me: Me | None) -> list[Finding]:
    async with services_of(settings) as services:
        environments = await services.catalog.environments()
        groups = await services.access.named_groups()
    findings = [Finding(True, f"Database: {len(environments)} environments")]
    if me is not None and me.scopes and SCOPE not in me.scopes:
        findings.append(_no_groups(groups))
    hosts = Hosts(connect_timeout_s=settings.connect_timeout_s, read_secret=read_secret)
    try:
        for environment in environments:
            try:
                async with hosts.connection(target_of(environment)):
                    findings.append(Finding(True, f"Environment {environment.name}: logged in"))
            except FerryError as error:
                findings.append(_bad(f"Environment {environment.name}", error))
    finally:
        await hosts.close()
    return findings


def _no_groups(named: Collection[str]) -> Finding:
    """Return what it means that Ferry may not ask Slack for user groups; *named*: those in use."""
    lacks = f"The bot token lacks the scope {SCOPE}"
    if not named:
        return Finding(True, f"{lacks}: only people and everyone can have roles.")
    return Finding(
        False,
        f"{lacks}, but roles or confirmations depend on the user groups "
        f"{', '.join(sorted(named))}: what needs them is refused. Add it at {INSTALL}OAuth & "
        "Permissions → Scopes, then install the app again.",
    )


def _bad(what: str, error: FerryError) -> Finding:
    return Finding(False, f"{what}: {error.message} {error.hint}".strip())

"""``ferry check`` against a real Slack and a real database."""

from pathlib import Path

import pytest

from bot.checkup import checkup
from bot.offline import services_of
from bot.settings import Settings
from db.model.grants import Holder, Role, Subject
from db.model.people import Person
from playground.server import PlaygroundSlack

OPERATOR = Person("cli:root")


@pytest.fixture
def settings(slack: PlaygroundSlack, sqlite_url: str, tmp_path: Path) -> Settings:
    """Give settings whose tokens are good."""
    return Settings.model_construct(
        slack_bot_token=slack.bot_token,
        slack_app_token=slack.app_token,
        slack_api_url=slack.api_url,
        admins=frozenset({"U0ANA"}),
        key_file=tmp_path / "ferry.key",
        database_url=sqlite_url,
    )


async def test_all_is_well(settings: Settings) -> None:
    """Every finding is good, and none is about user groups."""
    findings = await checkup(settings)

    assert all(finding.is_good for finding in findings)
    assert "user groups" not in str(findings)


async def test_missing_scope_is_bad_once_a_group_has_a_role(
    settings: Settings, slack: PlaygroundSlack
) -> None:
    """Before that it is only told, since nothing depends on it."""
    slack.workspace.scopes -= {"usergroups:read"}

    before = await checkup(settings)
    async with services_of(settings) as services:
        group = Subject(Holder.GROUP, "S0OPS")
        await services.grants.give(group, Role.APPROVER, "", OPERATOR)
    after = await checkup(settings)

    assert all(finding.is_good for finding in before)
    assert "only people and everyone can have roles" in str(before)
    (bad,) = [one.words for one in after if not one.is_good]
    assert "depend on the user groups S0OPS: what needs them is refused" in bad
    assert "install the app again" in bad

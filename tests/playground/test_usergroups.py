"""User groups, seen through the real SDK's client, and as people mention them."""

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from playground.people import Person
from playground.server import PlaygroundSlack


async def test_groups_are_listed_with_their_members_on_demand(client: AsyncWebClient) -> None:
    """Members and their count come only if they are asked for."""
    bare = (await client.usergroups_list())["usergroups"]
    full = (await client.usergroups_list(include_users=True, include_count=True))["usergroups"]

    assert [(one["id"], one["handle"]) for one in bare] == [("S0OPS", "migrations-ops")]
    assert "users" not in bare[0]
    assert (full[0]["users"], full[0]["user_count"]) == (["U0CARLA"], 1)


async def test_members_change_on_demand(slack: PlaygroundSlack, client: AsyncWebClient) -> None:
    """A test says who is in a group, and makes new ones."""
    await slack.control.usergroup({"id": "S0OPS", "users": ["U0ANA", "U0BRUNO"]})
    await slack.control.usergroup({"id": "S0DBA", "handle": "dba", "users": ["U0CARLA"]})

    changed = await client.usergroups_users_list(usergroup="S0OPS")
    made = await client.usergroups_users_list(usergroup="S0DBA")

    assert (changed["users"], made["users"]) == (["U0ANA", "U0BRUNO"], ["U0CARLA"])
    await slack.control.reset()
    assert (await client.usergroups_users_list(usergroup="S0OPS"))["users"] == ["U0CARLA"]


async def test_disabled_group_is_shown_on_demand_only(
    slack: PlaygroundSlack, client: AsyncWebClient
) -> None:
    """It is neither listed nor has members, unless disabled ones are asked for."""
    await slack.control.usergroup({"id": "S0OPS", "disabled": True})

    assert (await client.usergroups_list())["usergroups"] == []
    assert (await client.usergroups_users_list(usergroup="S0OPS"))["users"] == []
    (group,) = (await client.usergroups_list(include_disabled=True))["usergroups"]
    assert group["date_delete"] > 0


async def test_refusals(slack: PlaygroundSlack, client: AsyncWebClient) -> None:
    """An unknown group, a missing argument, a missing scope: Slack's own errors."""
    with pytest.raises(SlackApiError, match="no_such_subteam"):
        await client.usergroups_users_list(usergroup="S0NONE")
    slack.workspace.scopes -= {"usergroups:read"}
    with pytest.raises(SlackApiError) as caught:
        await client.usergroups_list()

    assert caught.value.response["error"] == "missing_scope"
    assert caught.value.response["needed"] == "usergroups:read"


async def test_groups_and_everyone_are_escaped_in_a_command(
    slack: PlaygroundSlack, bot: AsyncApp, ana: Person
) -> None:
    """The longest name counts: a group that begins like a person is no person."""
    del bot
    await slack.control.usergroup({"id": "S0ANA", "handle": "ana-team"})

    await ana.types("C0STAGING", "/migrate run @migrations-ops @ana-team, @ana. @everyone @nobody")

    sent = slack.control.deliveries()[-1]["payload"]
    assert sent["text"] == (
        "run <!subteam^S0OPS|@migrations-ops> <!subteam^S0ANA|@ana-team>, <@U0ANA|ana>. "
        "<!everyone> @nobody"
    )


async def test_the_page_knows_the_groups(ana: Person) -> None:
    """It shows their handles where they are mentioned."""
    state = await ana.state()

    assert [group["handle"] for group in state["usergroups"]] == ["migrations-ops"]

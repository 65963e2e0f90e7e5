"""Guests and strangers run nothing; what Slack says of a person is kept for a while."""

from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from db.model.errors import NotAllowed, Unavailable
from db.model.people import Person
from handlers.guests import Guests
from playground.server import PlaygroundSlack
from tests.support.database import Clock

TEAM = "T0FERRY"


@pytest.fixture
def guests(client: AsyncWebClient) -> Guests:
    """Give the question to Slack, on a clock that stands still."""
    return Guests(client, Clock())


async def test_a_member_is_admitted_and_asked_for_once(
    guests: Guests, slack: PlaygroundSlack
) -> None:
    """The second time within ten minutes costs no call."""
    for _ in range(3):
        await guests.admit(Person("U0BRUNO", TEAM))

    assert len(slack.control.calls("users.info")) == 1


@pytest.mark.parametrize("user_id", ["U0GUEST", "U0BOT", "U0NOBODY"])
async def test_guests_bots_and_unknown_people_are_not(guests: Guests, user_id: str) -> None:
    """They are told whom to ask."""
    with pytest.raises(NotAllowed, match="full members") as told:
        await guests.admit(Person(user_id, TEAM))

    assert "a colleague" in told.value.hint


async def test_when_slack_does_not_say_nobody_is_admitted(
    guests: Guests, slack: PlaygroundSlack
) -> None:
    """Not knowing is not a yes; the next try asks again."""
    await slack.control.faults({"method": "users.info", "error": "internal_error", "times": 1})

    with pytest.raises(Unavailable, match="did not say who you are"):
        await guests.admit(Person("U0BRUNO", TEAM))
    await guests.admit(Person("U0BRUNO", TEAM))


@pytest.mark.parametrize(
    ("marks", "mark"),
    [
        pytest.param({"deleted": True}, "deactivated", id="left"),
        pytest.param({"is_restricted": True}, "a guest", id="guest of several channels"),
        pytest.param({"is_ultra_restricted": True}, "a guest", id="guest of one channel"),
        pytest.param({"is_workflow_bot": True}, "a bot", id="workflow"),
        pytest.param({"id": "USLACKBOT"}, "a bot", id="Slackbot, which is not marked as one"),
        pytest.param({"is_stranger": True}, "of another workspace", id="stranger"),
        pytest.param({"team_id": "T0PARTNER"}, "of another workspace", id="shares a channel"),
        pytest.param(
            {"team_id": "T0ELSE", "enterprise_user": {"teams": ["T0ELSE", "T0OTHER"]}},
            "of another workspace",
            id="another workspace of the organization",
        ),
        pytest.param(
            {"team_id": "T0ELSE", "enterprise_user": {"teams": ["T0ELSE", TEAM]}},
            "",
            id="also in this workspace of the organization",
        ),
        pytest.param({"is_app_user": True}, "", id="once let this app act for them"),
    ],
)
async def test_slack_s_marks_of_a_person(
    guests: Guests, slack: PlaygroundSlack, marks: dict[str, Any], mark: str
) -> None:
    """Each way of being no full member of this workspace has its words."""
    slack.workspace.user("U0BRUNO").update(marks)

    assert await guests.mark(Person("U0BRUNO", TEAM)) == mark

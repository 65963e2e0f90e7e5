"""Guests run nothing; what Slack says of a person is kept for a while."""

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

"""Triggers, stacks, hashes and acks of modals, with the real SDK's client."""

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from playground.people import Person
from playground.server import PlaygroundSlack
from tests.playground.tiny_bot import text

Payload = dict[str, Any]


def modal(title: str = "One", **more: Any) -> Payload:
    """Return a small modal with one optional input."""
    element = {"type": "plain_text_input", "action_id": "a"}
    block = {"type": "input", "block_id": "b", "label": text("Name"), "optional": True}
    view = {"type": "modal", "title": text(title), "submit": text("Go")}
    return {**view, "blocks": [block | {"element": element}], **more}


async def refusal(call: Any) -> str:
    """Return the error that Slack answers."""
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


def trigger(slack: PlaygroundSlack, view_id: str = "") -> str:
    """Return a fresh trigger of Ana's."""
    return slack.core.permits.trigger("U0ANA", channel="C0STAGING", view_id=view_id)


async def test_trigger_opens_once(slack: PlaygroundSlack, client: AsyncWebClient) -> None:
    """The second use is refused, also after a failed first one."""
    good, wasted = trigger(slack), trigger(slack)
    await client.views_open(trigger_id=good, view=modal())
    await refusal(client.views_open(trigger_id=wasted, view=modal("x" * 25)))

    again = await refusal(client.views_open(trigger_id=good, view=modal()))
    after_failure = await refusal(client.views_open(trigger_id=wasted, view=modal()))

    assert (again, after_failure) == ("exchanged_trigger_id", "exchanged_trigger_id")


async def test_trigger_lives_three_seconds(slack: PlaygroundSlack, client: AsyncWebClient) -> None:
    """Later it has expired; one that never was is invalid."""
    late = trigger(slack)
    await slack.control.clock({"advance_s": 3.1})

    expired = await refusal(client.views_open(trigger_id=late, view=modal()))
    invented = await refusal(client.views_open(trigger_id="1.T.x", view=modal()))

    assert (expired, invented) == ("expired_trigger_id", "invalid_trigger_id")


async def test_stack_holds_three(slack: PlaygroundSlack, client: AsyncWebClient) -> None:
    """A push needs a trigger from within the stack; the fourth view is refused."""
    first = await client.views_open(trigger_id=trigger(slack), view=modal())
    from_outside = await refusal(client.views_push(trigger_id=trigger(slack), view=modal()))
    root = first["view"]["id"]
    second = await client.views_push(trigger_id=trigger(slack, root), view=modal("Two"))
    third = await client.views_push(trigger_id=trigger(slack, root), view=modal("Three"))

    fourth = await refusal(client.views_push(trigger_id=trigger(slack, root), view=modal()))

    assert (from_outside, fourth) == ("invalid_trigger_id", "push_limit_reached")
    assert third["view"]["previous_view_id"] == second["view"]["id"]
    assert third["view"]["root_view_id"] == root


async def test_update_needs_the_newest_hash(slack: PlaygroundSlack, client: AsyncWebClient) -> None:
    """Of two updates that know the same hash the second is refused; without a hash it wins."""
    opened = (await client.views_open(trigger_id=trigger(slack), view=modal()))["view"]
    known = {"view_id": opened["id"], "hash": opened["hash"]}
    await client.views_update(**known, view=modal("Two"))

    error = await refusal(client.views_update(**known, view=modal("Three")))
    last = await client.views_update(view_id=opened["id"], view=modal("Four"))

    assert error == "hash_conflict"
    assert last["view"]["title"]["text"] == "Four"


async def test_view_is_found_by_its_own_name(
    slack: PlaygroundSlack, client: AsyncWebClient, ana: Person
) -> None:
    """external_id is unique while open; a closed view is not found."""
    await client.views_open(trigger_id=trigger(slack), view=modal(external_id="mine"))
    other = slack.core.permits.trigger("U0BRUNO")
    twice = await refusal(client.views_open(trigger_id=other, view=modal(external_id="mine")))
    await client.views_update(external_id="mine", view=modal("Two", external_id="mine"))
    await ana.closes(await ana.modal("Two"))

    closed = await refusal(client.views_update(external_id="mine", view=modal()))

    assert (twice, closed) == ("duplicate_external_id", "not_found")


async def test_home_is_published_with_its_hash(client: AsyncWebClient, ana: Person) -> None:
    """Another hash than the newest is refused, and so is a modal."""
    view = {"type": "home", "blocks": [{"type": "section", "text": text("hello")}]}
    first = await client.views_publish(user_id="U0ANA", view=view)
    await client.views_publish(user_id="U0ANA", view=view, hash=first["view"]["hash"])

    stale = client.views_publish(user_id="U0ANA", view=view, hash=first["view"]["hash"])
    wrong = client.views_publish(user_id="U0ANA", view=modal())

    assert (await refusal(stale), await refusal(wrong)) == ("hash_conflict", "invalid_arguments")
    assert (await ana.home("hello"))["id"] == first["view"]["id"]


async def test_current_channel_is_preselected(
    slack: PlaygroundSlack, client: AsyncWebClient, ana: Person
) -> None:
    """default_to_current_conversation takes the channel where the way began."""
    element = {"type": "conversations_select", "action_id": "a", "response_url_enabled": True}
    block = {"type": "input", "block_id": "b", "label": text("Channel")}
    block |= {"element": element | {"default_to_current_conversation": True}}
    await client.views_open(trigger_id=trigger(slack), view=modal(blocks=[block]))

    with pytest.raises(AssertionError, match="trouble connecting"):
        await ana.submits(await ana.modal("One"))

    sent = slack.control.deliveries()[-1]["payload"]
    value = sent["view"]["state"]["values"]["b"]["a"]["selected_conversation"]
    assert (value, sent["response_urls"][0]["channel_id"]) == ("C0STAGING", "C0STAGING")

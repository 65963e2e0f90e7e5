"""A new environment: whether Ferry can log in, and the keys that a jump host hides."""

from db.model.catalog import Kind
from handlers.views.environment_form import group_options
from playground.errors import Json
from playground.people import Person
from playground.server import PlaygroundSlack
from tests.slack.ferry_in import KEY, In
from tests.support.world import STAGING

FIELDS = {"Name": "staging", "Host": "db1.example.com"}
CONFIRMED = {"Who confirms a run": "Members of a user group"}
THREE = ["U0ANA", "U0BRUNO", "U0CARLA"]


async def test_an_environment_that_refuses_the_login_says_so_where_it_was_made(
    empty: In, ana: Person
) -> None:
    """It is there all the same: the key can be put right on either machine."""
    await ana.types(STAGING, "/migrate new environment")
    form = await ana.modal("New environment")
    await ana.submits(await ana.fills(form, {**FIELDS, "User": "nobody"}))
    await ana.submits(await ana.modal("Trust this host?"))

    told = str((await ana.modal("Created"))["blocks"])

    assert "Ferry cannot log in yet: The host did not let nobody in." in told
    assert "Check the key." in told
    assert [one.name for one in await empty.services.catalog.environments()] == ["staging"]


async def test_behind_a_jump_host_both_keys_are_asked_for(empty: In, ana: Person) -> None:
    """Ferry cannot look there by itself, and guesses nothing."""
    await ana.types(STAGING, "/migrate new environment")
    form = await ana.modal("New environment")
    jump = {"User": "deploy", "Other settings": "Let me choose", "Jump host": "bastion.example.com"}

    errors = await ana.submits(await ana.fills(form, {**FIELDS, **jump}))
    keys = {"Host key of the jump host": KEY.line, "Host key": KEY.line}
    again = await ana.submits(await ana.fills(form, {**keys}))
    told = str((await ana.modal("Created"))["blocks"])

    assert set(errors) == {"Host key of the jump host", "Host key"}
    assert all("paste it" in sentence for sentence in errors.values())
    assert again == {}
    assert "and Ferry can log in" in told
    (made,) = await empty.services.catalog.environments()
    assert (made.proxy_jump_host_key, made.host_key) == (KEY.line, KEY.line)


async def test_a_group_is_picked_by_its_handle_where_it_matters(
    empty: In, slack: PlaygroundSlack, ana: Person
) -> None:
    """Its fields are there once members of a group confirm, and gone again with another choice."""
    await slack.control.usergroup({"id": "S0OPS", "handle": "migrations-ops", "users": THREE})
    await slack.control.usergroup({"id": "S0OFF", "handle": "ops-of-old", "disabled": True})
    await ana.types(STAGING, "/migrate new environment")
    form = await ana.modal("New environment")
    first = labels(form)
    form = await ana.fills(form, {"Kind": "🟡 staging"})
    group = await ana.fills(
        form, {**FIELDS, "User": "deploy", "Who confirms a run": "Members of a user group"}
    )
    nobody = await ana.fills(group, {"Who confirms a run": "Nobody"})
    production = await ana.fills(nobody, {"Kind": "🔴 production"})
    again = {"Who confirms a run": "Members of a user group", "User group": "@migrations-ops"}
    await ana.fills(production, {**again, "How many of the group": "2", "Second factor": "Yes"})
    assert await ana.submits(production) == {}
    await ana.submits(await ana.modal("Trust this host?"))
    await ana.modal("Created")

    asked = {"User group", "How many of the group"}
    assert not {*asked, "Second factor", "Timeout"} & first
    assert {*asked, "Second factor"} <= labels(group)
    assert not {*asked, "Second factor"} & labels(nobody)
    assert "Second factor" in labels(production)
    (made,) = await empty.services.catalog.environments()
    assert (made.ssh_host, made.kind) == ("db1.example.com", Kind.PRODUCTION)
    assert (made.confirm_group, made.confirmations, made.second_factor) == ("S0OPS", 2, True)


async def test_more_than_the_group_has_are_refused(
    empty: In, slack: PlaygroundSlack, ana: Person
) -> None:
    """Nobody could ever confirm there; as many as it has is told to leave out who asks."""
    await slack.control.usergroup({"id": "S0OPS", "handle": "ops", "users": ["U0ANA", "U0BRUNO"]})
    await slack.control.usergroup({"id": "S0GONE", "handle": "gone", "users": ["U0ANA"]})
    await ana.types(STAGING, "/migrate new environment")
    form = await ana.modal("New environment")
    form = await ana.fills(form, {**FIELDS, "User": "deploy", **CONFIRMED})
    form = await ana.fills(form, {"User group": "@ops", "How many of the group": "5"})
    too_many = await ana.submits(form)
    await ana.fills(form, {"User group": "@gone", "How many of the group": "1"})
    await slack.control.usergroup({"id": "S0GONE", "disabled": True})
    unknown = await ana.submits(form)
    await ana.fills(form, {"User group": "@ops", "How many of the group": "2"})
    await ana.submits(form)
    await ana.submits(await ana.modal("Trust this host?"))
    told = str((await ana.modal("Created"))["blocks"])

    assert too_many == {
        "How many of the group": "The group has 2 members, so 5 can never say yes: write for "
        "example 1."
    }
    assert list(unknown) == ["User group"]
    assert "Slack has no such user group" in unknown["User group"]
    assert "a yes of all 2 members of the group: a member who asks" in told
    (made,) = await empty.services.catalog.environments()
    assert (made.confirm_group, made.confirmations) == ("S0OPS", 2)


async def test_a_group_that_slack_does_not_tell_is_taken_at_its_word(
    empty: In, slack: PlaygroundSlack, ana: Person
) -> None:
    """An environment can be made although Slack does not answer."""
    await slack.control.usergroup({"id": "S0OPS", "handle": "ops", "users": ["U0ANA"]})
    await ana.types(STAGING, "/migrate new environment")
    form = await ana.modal("New environment")
    form = await ana.fills(form, {**FIELDS, "User": "deploy", **CONFIRMED})
    await ana.fills(form, {"User group": "@ops", "How many of the group": "5"})
    await slack.control.faults({"method": "usergroups.list", "error": "internal_error", "times": 9})
    await ana.submits(form)
    await ana.submits(await ana.modal("Trust this host?"))
    told = str((await ana.modal("Created"))["blocks"])

    assert "cannot also confirm" not in told
    assert [one.confirmations for one in await empty.services.catalog.environments()] == [5]


def test_a_group_is_found_by_a_part_of_its_handle() -> None:
    """With or without the @, in any case of letters."""
    handles = {"S0OPS": "migrations-ops", "S0QA": "Qa"}

    assert [one["value"] for one in group_options(handles, "@OPS")] == ["S0OPS"]
    assert [one["text"]["text"] for one in group_options(handles, "")] == ["@Qa", "@migrations-ops"]


def labels(view: Json) -> set[str]:
    """Return what a form asks for."""
    return {block["label"]["text"] for block in view["blocks"] if block["type"] == "input"}

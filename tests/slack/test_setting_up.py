"""From nothing to the first job: sources, environments and channels, made in Slack."""

import pytest

from playground.people import Person
from tests.slack.ferry_in import In
from tests.support.world import NOWHERE, STAGING

LINE = "/migrate run import-patients"


async def test_help_lists_every_verb(empty: In, ana: Person) -> None:
    """``/migrate`` alone tells what there is."""
    del empty
    await ana.types(STAGING, "/migrate")
    told = await ana.told(STAGING, "Ferry runs data migrations")

    for verb in ("run", "status", "cancel", "log", "history", "jobs", "sources", "envs", "bind"):
        assert f"/migrate {verb}" in str(told["blocks"])


async def test_first_source_and_job_are_created_from_the_empty_list(empty: In, ana: Person) -> None:
    """The empty list leads to a source, the source to a job, wrong lines are told at the field."""
    del empty
    await ana.types(STAGING, "/migrate jobs")
    await ana.clicks(await ana.told(STAGING, "There is no job yet."), "New source…")
    view = await ana.fills(
        await ana.modal("New source"), {"Name": "iclinic", "Default values": "sistema=iclinic"}
    )
    await ana.submits(view)
    await ana.clicks(await ana.modal("Created"), "New job…")
    view = await ana.fills(
        await ana.modal("New job"),
        {"Name": "import-visits", "Script": "~/visits.js", "Parameters": "sistema: tex"},
    )
    errors = await ana.submits(view)
    await ana.fills(view, {"Parameters": "sistema: text\ndry-run: boolean flag=--dry-run"})
    assert await ana.submits(view) == {}
    await ana.types(STAGING, "/migrate jobs visit")
    listed = await ana.told(STAGING, "Jobs (1)")

    assert "Line 1" in errors["Parameters"]
    assert "import-visits" in str(listed["blocks"])


async def test_environment_is_created_after_its_key_is_vouched_for(empty: In, ana: Person) -> None:
    """The host's fingerprint is shown before anything is created; then a channel is bound."""
    await ana.types(STAGING, "/migrate new environment")
    form = await ana.modal("New environment")
    values = {"Name": "staging", "Host": "db1.example.com", "User": "deploy"}
    values |= {"Other settings": "Let me choose", "Timeout": "soon"}
    errors = await ana.submits(await ana.fills(form, {**values}))
    assert list(errors) == ["Timeout"]
    assert await ana.submits(await ana.fills(form, {"Timeout": "20m"})) == {}
    trust = await ana.modal("Trust this host?")
    assert "SHA256:uNiVztks" in str(trust["blocks"])
    assert await empty.services.catalog.environments() == []
    await ana.submits(trust)
    await ana.modal("Created")
    await ana.types(STAGING, "/migrate bind stagin")
    await ana.told(STAGING, "Did you mean staging?")
    await ana.types(STAGING, "/migrate bind staging")
    await ana.sees(STAGING, "bound this channel: jobs run in 🟡 staging from now on")

    (made,) = await empty.services.catalog.environments()
    assert made.host_key.startswith("ssh-ed25519 AAAA")
    assert made.timeout_s == 1200


async def test_unreachable_host_leaves_the_form_as_it_was(empty: In, ana: Person) -> None:
    """A host that does not answer the scan is told on top of the form."""
    await ana.types(STAGING, "/migrate new environment")
    form = await ana.modal("New environment")
    form = await ana.fills(form, {"Name": "x", "Host": "down.example.com", "User": "deploy"})
    await ana.submits(form)
    form = await ana.modal("New environment")

    assert "down.example.com does not answer." in str(form["blocks"][0])
    assert await empty.services.catalog.environments() == []


@pytest.mark.parametrize("noun", ["environment", "source", "job"])
async def test_only_admins_get_the_forms(empty: In, bruno: Person, noun: str) -> None:
    """Who may not create is told whom to ask instead of filling in a form."""
    del empty
    await bruno.types(STAGING, f"/migrate new {noun}")
    told = await bruno.told(STAGING, "that takes an admin")

    assert "<@U0ANA>" in str(told["blocks"])


async def test_unbound_channel_is_told_and_bound_by_the_button(
    ferry: In, ana: Person, bruno: Person
) -> None:
    """The refusal has the button, but not for those who may not press it."""
    await bruno.types(NOWHERE, "/migrate run")
    told = await bruno.told(NOWHERE, "This channel is not bound to an environment yet")
    assert "An admin binds it once" in str(told["blocks"])
    assert "Bind this channel" not in str(told["blocks"])
    await ana.types(NOWHERE, f"{LINE} iclinic 320623")
    told = await ana.told(NOWHERE, "This channel is not bound")
    await ana.clicks(told, "Bind this channel…")
    view = await ana.fills(await ana.modal("Bind this channel"), {"Environment": "staging"})
    await ana.submits(view)
    await ana.sees(NOWHERE, "bound this channel")

    bound = await ferry.services.bindings.environment_of(NOWHERE)
    assert bound is not None
    assert bound.name == "staging"


async def test_binding_where_ferry_is_no_member_says_to_invite_it(ferry: In, ana: Person) -> None:
    """No card could ever appear there, so it is said at once."""
    del ferry
    await ana.types("C0QUIET", "/migrate bind staging")
    await ana.told("C0QUIET", "Ferry is not in this channel, and without it no card")
    await ana.types("C0QUIET", "/migrate unbind")
    await ana.told("C0QUIET", "no job runs here any more")

"""A new environment: whether Ferry can log in, and the keys that a jump host hides."""

from playground.people import Person
from tests.slack.ferry_in import KEY, In
from tests.support.world import STAGING

FIELDS = {"Name": "staging", "Host": "db1.example.com"}


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
    jump = {"User": "deploy", "Jump host": "bastion.example.com"}

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

"""Roles in a real browser: given by the form, counted at once, taken away after a question."""

import pytest
from playwright.async_api import expect

from bot.demo import World
from db.model.people import Person
from tests.browser.walking import ANA, PRODUCTION, Visit, says, told

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_role_is_given_by_the_form_and_taken_from_the_list(
    visit: Visit, ferry: World
) -> None:
    """The group is shown by its handle; the row goes away with its button."""
    page = await visit(ANA, PRODUCTION)
    await says(page, "/migrate grants")
    empty = told(page, "Nobody was given a role yet")
    await empty.get_by_role("button", name="Grant a role…").click()
    form = page.get_by_role("dialog", name="Grant a role")
    for label, wanted in (
        ("Or a user group, or everyone", "@migrations-ops"),
        ("Role", "approver"),
        ("Where", "production"),
    ):
        await form.get_by_role("combobox", name=label).click()
        await page.get_by_role("option", name=wanted).click()
    await form.get_by_role("button", name="Grant", exact=True).click()
    granted = page.get_by_role("dialog", name="Granted")
    await expect(granted).to_contain_text("@migrations-ops are each an approver on 🔴 production")
    await granted.get_by_role("button", name="Close").last.click()
    await says(page, "/migrate grants")
    listed = told(page, "Roles (1)")
    await listed.get_by_role("button", name="Take the role approver on production").click()
    sure = page.get_by_role("alertdialog")
    await expect(sure).to_contain_text("loses it at once")
    await sure.get_by_role("button", name="Take away").click()

    await expect(told(page, "are each no longer an approver")).to_be_visible()
    assert (await ferry.bot.services.grants.roles(Person(ANA, "T0FERRY"))).grants == ()

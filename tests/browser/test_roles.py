"""Roles in a real browser: given by the form, counted at once, taken away after a question."""

import pytest
from playwright.async_api import Browser, expect

from bot.demo import world
from bot.furnish import furnish
from db.model.people import Person

ANA = Person("U0ANA", "T0FERRY")
pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_role_is_given_by_the_form_and_taken_from_the_list(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The group is shown by its handle; the row goes away with its button."""
    async with world(tmp_path_factory.mktemp("roles")) as made:
        await furnish(made.bot.services, made.host, made.sample)
        context = await browser.new_context(viewport={"width": 1280, "height": 860})
        page = await context.new_page()
        await page.goto(f"{made.slack.url}/#/U0ANA/C0PROD")
        await expect(page.get_by_role("status").first).to_contain_text("ferry is connected")
        box = page.get_by_label("Message #prod-ops")

        await box.fill("/migrate grants")
        await box.press("Enter")
        empty = page.get_by_role("article").filter(has_text="Nobody was given a role yet").first
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
        await expect(granted).to_contain_text(
            "@migrations-ops are each an approver on 🔴 production"
        )
        await granted.get_by_role("button", name="Close").last.click()
        await box.fill("/migrate grants")
        await box.press("Enter")
        listed = page.get_by_role("article").filter(has_text="Roles (1)").first
        await listed.get_by_role("button", name="Take the role approver on production").click()
        sure = page.get_by_role("alertdialog")
        await expect(sure).to_contain_text("loses it at once")
        await sure.get_by_role("button", name="Take away").click()

        await expect(
            page.get_by_role("article").filter(has_text="are each no longer an approver").first
        ).to_be_visible()
        assert (await made.bot.services.grants.roles(ANA)).grants == ()
        await context.close()

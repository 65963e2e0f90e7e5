"""A job that must be proven on staging: production waits for it, and a button leads there."""

from dataclasses import fields, replace

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from bot.demo import World
from bot.furnish import OPERATOR
from db.model.catalog import JobDraft
from tests.browser.walking import (
    BRUNO,
    LOOK_MS,
    PRODUCTION,
    RUN_MS,
    STAGING,
    Visit,
    card,
    confirms,
    says,
)

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
LINE = "/migrate run import-proven practitioner-id=320700 reason=ticket-12"


@pytest_asyncio.fixture(loop_scope="session")
async def ferry(ferry: World) -> World:
    """Add a job that is to be proven on staging."""
    catalog = ferry.bot.services.catalog
    known = await catalog.job("import-patients")
    draft = JobDraft(**{one.name: getattr(known, one.name) for one in fields(JobDraft)})
    proven = replace(draft, name="import-proven", proven_in="staging")
    await catalog.create_job(proven, OPERATOR)
    return ferry


async def test_production_waits_for_staging_and_is_one_button_away_from_it(visit: Visit) -> None:
    """Refused with a sentence; proven on staging; carried over, confirmed, run to the end."""
    production = await visit(BRUNO, PRODUCTION)
    await says(production, LINE)
    early = card(production, "#1 import-proven")
    await expect(early).to_contain_text("nothing can: proven in staging failed", timeout=LOOK_MS)
    await expect(early).to_contain_text(
        "❌ failed · proven in staging: version 1 has not succeeded on staging yet: "
        "run it there first"
    )
    await expect(early.get_by_role("button", name="Run on production")).to_have_count(0)

    staging = await visit(BRUNO, STAGING)
    await early.get_by_role("button", name="Run #1 import-proven on staging first").click()
    form = production.get_by_role("dialog", name="Run a job")
    await expect(form).to_contain_text("staging")
    await form.get_by_role("button", name="Run", exact=True).click()
    receipt = production.get_by_role("dialog", name="Asked for")
    await expect(receipt).to_contain_text("Its card is in #staging-ops.")
    await receipt.get_by_role("button", name="Close").last.click()
    proven = card(staging, "#2 import-proven")
    await expect(proven).to_contain_text("Succeeded", timeout=RUN_MS)
    await _is_led_to_what_waits(staging, proven)
    await expect(early).to_contain_text("succeeded as #2", timeout=LOOK_MS)
    await expect(early.get_by_role("button", name="Run on production")).to_be_visible()
    await early.get_by_role("button", name="Discard #1").click()
    await expect(early).to_contain_text("Nothing ran", timeout=LOOK_MS)

    await proven.get_by_role("button", name="Run #2 import-proven on production").click()
    await _carried_over(staging)

    promoted = card(production, "#3 import-proven")
    await expect(promoted).to_contain_text("succeeded as #2", timeout=LOOK_MS)
    await expect(promoted).to_contain_text("practitioner-id = 320700")
    await expect(promoted).to_contain_text("Why: ticket-12")
    await confirms(promoted, "production")
    await expect(promoted).to_contain_text("Succeeded", timeout=RUN_MS)


async def _carried_over(page: Page) -> None:
    """See the form for production with the values of staging, and send it."""
    form = page.get_by_role("dialog", name="Run a job")
    await expect(form).to_contain_text("production")
    job = form.get_by_role("combobox", name="Job")
    await expect(job).to_have_value("import-proven")
    for label, value in (
        ("Practitioner id", "320700"),
        ("Usuário", "drleandro"),
        ("Medpro practitioner", "fabiangc@example.com"),
        ("Why", "ticket-12"),
    ):
        await expect(form.get_by_label(label)).to_have_value(value)
    await form.get_by_role("button", name="Run", exact=True).click()
    await expect(form).to_have_count(0)
    receipt = page.get_by_role("dialog", name="Asked for")
    await expect(receipt).to_contain_text("#3 import-proven → 🔴 production is asked for.")
    await expect(receipt).to_contain_text("Its card is in #prod-ops.")
    await receipt.get_by_role("button", name="Close").last.click()


async def _is_led_to_what_waits(page: Page, proven: Locator) -> None:
    """Ask for what waits on production already: its host is looked at again from here."""
    await proven.get_by_role("button", name="Run #2 import-proven on production").click()
    await page.get_by_role("dialog").get_by_role("button", name="Run", exact=True).click()
    waits = page.get_by_role("dialog", name="Waits already")
    await expect(waits).to_contain_text("waits for its confirmation on production already")
    await expect(waits).to_contain_text("Its card is in #prod-ops: proven in staging failed")
    await waits.get_by_role("button", name="Check the host of #1").click()
    note = page.get_by_role("dialog", name="Ferry")
    await expect(note).to_contain_text("Ferry looks at the host of #1 import-proven again.")
    await note.get_by_role("button", name="Close").last.click()

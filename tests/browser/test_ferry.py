"""The real Ferry in a real browser: a person clicks the whole road; the README's picture is taken.

``UPDATE_PICTURE=1 python -m pytest tests/browser/test_ferry.py`` writes docs/playground.png.
"""

import os
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from bot.demo import World, world
from bot.furnish import furnish

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
PICTURE = Path(__file__).parents[2] / "docs" / "playground.png"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def ferry(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """Start Slack, host and Ferry, furnished like the demo."""
    async with world(tmp_path_factory.mktemp("ferry")) as made:
        await furnish(made.bot.services, made.host, made.sample)
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser, ferry: World) -> AsyncIterator[Page]:
    """Open the page as Ana in #staging-ops."""
    context = await browser.new_context(viewport={"width": 1280, "height": 860})
    page = await context.new_page()
    await page.goto(f"{ferry.slack.url}/#/U0ANA/C0STAGING")
    await expect(page.get_by_role("status").first).to_contain_text("ferry is connected")
    yield page
    await context.close()


async def _send(page: Page, channel: str, words: str) -> None:
    box = page.get_by_label(f"Message #{channel}")
    await box.fill(words)
    await box.press("Enter")


async def test_a_person_clicks_the_whole_road(page: Page, ferry: World) -> None:
    """Form with a mistake, run with progress, thread, confirmation on production."""
    await _send(page, "staging-ops", "/migrate run import-patients")
    form = page.get_by_role("dialog", name="Run a job")
    await expect(form).to_contain_text("staging")
    await form.get_by_role("combobox", name="Sistema").click()
    await page.get_by_role("option", name="iclinic").click()
    await form.get_by_label("Usuário").fill("DR LEANDRO")
    await form.get_by_label("Practitioner id").fill("320623")
    await form.get_by_role("button", name="Run", exact=True).click()
    await expect(form).to_contain_text("for example drleandro")
    await form.get_by_label("Usuário").fill("drleandro")
    await form.get_by_role("button", name="Run", exact=True).click()
    await expect(form).to_have_count(0)

    card = page.get_by_role("article").filter(has_text="#1 import-patients").first
    await expect(card).to_contain_text("Running", timeout=15_000)
    await expect(card).to_contain_text("%", timeout=15_000)
    await expect(card).to_contain_text("Succeeded", timeout=60_000)
    await expect(card).to_contain_text("imported=2950")
    await card.get_by_role("link", name=re.compile(r"\d+ repl")).click()
    thread = page.get_by_role("complementary", name="Thread")
    await expect(thread).to_contain_text("started on staging")
    await expect(thread).to_contain_text("Log of #1 import-patients")

    await page.goto(f"{ferry.slack.url}/#/U0BRUNO/C0PROD")
    line = "/migrate run import-patients practitioner-id=320700"
    await _send(page, "prod-ops", line)
    cards = page.get_by_role("article").filter(has_not_text="Only visible to you")
    asked = cards.filter(has_text="#2 import-patients").first
    await expect(asked).to_contain_text("Measured on the host", timeout=15_000)
    if os.environ.get("UPDATE_PICTURE"):
        await page.set_viewport_size({"width": 1280, "height": 920})
        await page.wait_for_timeout(300)
        await page.screenshot(path=PICTURE)
    await asked.get_by_role("button", name="Run on production").click()
    sure = page.get_by_role("alertdialog")
    await expect(sure).to_contain_text("production")
    await sure.get_by_role("button", name="Run").click()
    await expect(asked).to_contain_text("Succeeded", timeout=30_000)
    await expect(asked.get_by_role("button", name="Run on production")).to_have_count(0)

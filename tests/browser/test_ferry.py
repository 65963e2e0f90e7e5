"""The real Ferry in a real browser: a person clicks the whole road; the README's picture is taken.

``UPDATE_PICTURE=1 python -m pytest tests/browser/test_ferry.py`` writes docs/playground.png.
"""

import os
import re
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.walking import (
    ANA,
    BRUNO,
    FIRST,
    LOOK_MS,
    PRODUCTION,
    RUN,
    RUN_MS,
    STAGING,
    Visit,
    card,
    says,
)

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
PICTURE = Path(__file__).parents[2] / "docs" / "playground.png"


async def test_a_person_clicks_the_whole_road(visit: Visit) -> None:
    """Form with a mistake, run with progress, thread, confirmation on production."""
    page = await visit(ANA, STAGING)
    await says(page, "/migrate run import-patients")
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

    first = card(page, FIRST)
    await expect(first).to_contain_text("Running", timeout=LOOK_MS)
    await expect(first).to_contain_text("%", timeout=LOOK_MS)
    await expect(first).to_contain_text("Succeeded", timeout=60_000)
    await expect(first).to_contain_text("imported=2950")
    await first.get_by_role("link", name=re.compile(r"\d+ repl")).click()
    thread = page.get_by_role("complementary", name="Thread")
    await expect(thread).to_contain_text("started on staging")
    await expect(thread).to_contain_text("Log of #1 import-patients")

    page = await visit(BRUNO, PRODUCTION)
    await says(page, RUN)
    asked = card(page, "#2 import-patients")
    await expect(asked).to_contain_text("Measured on the host", timeout=LOOK_MS)
    if os.environ.get("UPDATE_PICTURE"):
        await page.set_viewport_size({"width": 1280, "height": 920})
        await page.wait_for_timeout(300)
        await page.screenshot(path=PICTURE)
    await asked.get_by_role("button", name="Run on production").click()
    sure = page.get_by_role("alertdialog")
    await expect(sure).to_contain_text("production")
    await sure.get_by_role("button", name="Run").click()
    await expect(asked).to_contain_text("Succeeded", timeout=RUN_MS)
    await expect(asked.get_by_role("button", name="Run on production")).to_have_count(0)

"""What people do on the page again and again: go somewhere, type a line, find the answer."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from playwright.async_api import Browser, Locator, Page, expect

from bot.demo import World

Visit = Callable[[str, str], Awaitable[Page]]
ANA, BRUNO = "U0ANA", "U0BRUNO"
STAGING, PRODUCTION = "C0STAGING", "C0PROD"
PRIVATE = "Only visible to you"
LOOK_MS, RUN_MS = 15_000, 30_000


@asynccontextmanager
async def visiting(browser: Browser, ferry: World) -> AsyncIterator[Visit]:
    """Yield what opens the page as somebody, somewhere; no page may log an error."""
    contexts, complaints = [], []

    async def visit(person: str, place: str) -> Page:
        context = await browser.new_context(viewport={"width": 1280, "height": 860})
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = await context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto(f"{ferry.slack.url}/#/{person}/{place}")
        await expect(page.get_by_role("status").first).to_contain_text("ferry is connected")
        return page

    yield visit
    for context in contexts:
        await context.close()
    assert complaints == []


async def says(page: Page, line: str) -> None:
    """Type *line* into the channel's box and send it."""
    box = page.get_by_role("textbox", name=re.compile("^Message "))
    await box.fill(line)
    await box.press("Enter")


def card(page: Page, head: str) -> Locator:
    """Return the card whose first line holds *head*, such as ``#1 import-patients``."""
    cards = page.get_by_role("article").filter(has_not_text=PRIVATE)
    return cards.filter(has_text=head).first


def told(page: Page, words: str) -> Locator:
    """Return the newest answer with *words* that only this person sees."""
    return page.get_by_role("article").filter(has_text=PRIVATE).filter(has_text=words).last


async def confirms(page: Page, asked: Locator, where: str) -> None:
    """Press the button to run, and yes in the dialog that asks once more."""
    await asked.get_by_role("button", name=f"Run on {where}").click()
    sure = page.get_by_role("alertdialog", name=f"Run on {where}?")
    await sure.get_by_role("button", name="Run it").click()


def script(ferry: World, name: str, text: str) -> str:
    """Write a shell script to the host; return its path as a job names it."""
    (ferry.host.home / "migrations" / name).write_text(text)
    return f"~/migrations/{name}"

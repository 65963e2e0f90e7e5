"""What people do on the page again and again: go somewhere, type a line, press, find the answer."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, fields, replace
from typing import Any

from playwright.async_api import Browser, Locator, Page, expect

from bot.demo import World
from bot.furnish import OPERATOR
from db.model.catalog import Environment, EnvironmentDraft

Visit = Callable[..., Awaitable[Page]]
ANA, BRUNO, CARLA = "U0ANA", "U0BRUNO", "U0CARLA"
STAGING, PRODUCTION, RANDOM = "C0STAGING", "C0PROD", "C0RANDOM"
QUICK = "import-patients practitioner-id=320700"
RUN, FIRST = f"/migrate run {QUICK}", "#1 import-patients → "
PRIVATE = "Only visible to you"
LOOK_MS, RUN_MS = 15_000, 30_000


@asynccontextmanager
async def visiting(browser: Browser, url: str) -> AsyncIterator[Visit]:
    """Yield what opens the page as somebody, somewhere; no page may log an error."""
    contexts, complaints = [], []

    async def visit(person: str = ANA, place: str = STAGING, **options: Any) -> Page:
        context = await browser.new_context(**options)
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = await context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if loud(said.type) else None)
        await page.goto(f"{url}/#/{person}/{place}")
        await expect(page.get_by_role("status").first).to_contain_text("ferry is connected")
        return page

    yield visit
    for context in contexts:
        await context.close()
    assert complaints == []


def loud(kind: str) -> bool:
    """Tell whether something on the console is a complaint."""
    return kind in ("error", "warning")


async def says(page: Page, line: str) -> None:
    """Type *line* into the channel's box and send it."""
    box = page.get_by_role("textbox", name=re.compile("^Message "))
    await box.fill(line)
    await box.press("Enter")


def card(page: Page, words: str) -> Locator:
    """Return the message with *words* that all read, such as the card ``#1 import-patients``."""
    return _articles(page).filter(has_not_text=PRIVATE).filter(has_text=words).first


def told(page: Page, words: str) -> Locator:
    """Return the newest answer with *words* that only this person sees."""
    return _articles(page).filter(has_text=PRIVATE).filter(has_text=words).last


def _articles(page: Page) -> Locator:
    return page.get_by_role("region", name="Messages").get_by_role("article")


async def asks(page: Page) -> Locator:
    """Ask for the quick run, the first of this world; return its card, once measured."""
    await says(page, RUN)
    asked = card(page, FIRST)
    await expect(asked).to_contain_text("Measured on the host", timeout=LOOK_MS)
    return asked


async def presses(where: Locator, button: str, sure: str) -> None:
    """Press a button, and *sure* in the dialog that asks once more."""
    await where.get_by_role("button", name=button).click()
    asked = where.page.get_by_role("alertdialog")
    await asked.get_by_role("button", name=sure).click()


async def confirms(asked: Locator, where: str) -> None:
    """Press the button to run, and yes in the dialog that asks about exactly that."""
    await asked.get_by_role("button", name=f"Run on {where}").click()
    sure = asked.page.get_by_role("alertdialog", name=f"Run on {where}?")
    await sure.get_by_role("button", name="Run it").click()


def script(ferry: World, name: str, text: str) -> str:
    """Write a shell script to the host; return its path as a job names it."""
    (ferry.host.home / "migrations" / name).write_text(text)
    return f"~/migrations/{name}"


async def guarded(ferry: World, name: str, channel: str, **policy: Any) -> Environment:
    """Make another production with a *policy* of its own, and bind *channel* to it."""
    services = ferry.bot.services
    known = asdict(await services.catalog.environment("production"))
    draft = EnvironmentDraft(**{one.name: known[one.name] for one in fields(EnvironmentDraft)})
    made = await services.catalog.create_environment(replace(draft, name=name, **policy), OPERATOR)
    await services.bindings.bind(channel, name, OPERATOR)
    return made

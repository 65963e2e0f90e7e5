"""People at the page, in a world where something stands between asking and running."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, fields, replace
from typing import Any

from playwright.async_api import Browser, Locator, Page, expect

from bot.demo import World
from bot.furnish import OPERATOR
from db.model.catalog import Environment, EnvironmentDraft

ANA, BRUNO, CARLA = "U0ANA", "U0BRUNO", "U0CARLA"
RUN = "/migrate run import-patients practitioner-id=320700"
RUN_MS = 30_000
_CHANNELS = {"C0PROD": "prod-ops", "C0RANDOM": "random"}


class Desk:
    """One person at one channel of the page."""

    def __init__(self, page: Page, channel: str) -> None:
        self.page, self._channel = page, channel

    async def types(self, words: str) -> None:
        """Send what is typed into the composer."""
        box = self.page.get_by_label(f"Message #{self._channel}")
        await box.fill(words)
        await box.press("Enter")

    async def asks(self) -> Locator:
        """Ask for the quick run, the first of this world; return its card, once measured."""
        await self.types(RUN)
        await expect(self.card).to_contain_text("Measured on the host", timeout=RUN_MS)
        return self.card

    @property
    def card(self) -> Locator:
        """The card of the run, which all see."""
        return self.read("#1 import-patients → ")

    def read(self, words: str) -> Locator:
        """Return the message with *words* that everybody in the channel reads."""
        return self._articles().filter(has_not_text="Only visible to you").filter(has_text=words)

    def told(self, words: str) -> Locator:
        """Return the message with *words* that only this person sees."""
        return self._articles().filter(has_text="Only visible to you").filter(has_text=words)

    async def presses(self, where: Locator, button: str, sure: str = "") -> None:
        """Press a button, and *sure* in the dialog that then asks once more."""
        await where.get_by_role("button", name=button).click()
        if sure:
            await self.page.get_by_role("alertdialog").get_by_role("button", name=sure).click()

    def form(self, title: str) -> Locator:
        """Return the window with *title*."""
        return self.page.get_by_role("dialog", name=title)

    def _articles(self) -> Locator:
        return self.page.get_by_role("region", name="Messages").get_by_role("article")


Visit = Callable[[str, str], Awaitable[Desk]]


@asynccontextmanager
async def visits(browser: Browser, ferry: World) -> AsyncIterator[Visit]:
    """Give what opens the page for a person at a channel; close all of them at the end."""
    contexts = []

    async def visit(person: str, channel: str) -> Desk:
        context = await browser.new_context(viewport={"width": 1280, "height": 860})
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = await context.new_page()
        await page.goto(f"{ferry.slack.url}/#/{person}/{channel}")
        await expect(page.get_by_role("status").first).to_contain_text("ferry is connected")
        return Desk(page, _CHANNELS[channel])

    yield visit
    for context in contexts:
        await context.close()


async def guarded(ferry: World, name: str, channel: str, **policy: Any) -> Environment:
    """Make another production with a *policy* of its own, and bind *channel* to it."""
    services = ferry.bot.services
    known = asdict(await services.catalog.environment("production"))
    draft = EnvironmentDraft(**{one.name: known[one.name] for one in fields(EnvironmentDraft)})
    made = await services.catalog.create_environment(replace(draft, name=name, **policy), OPERATOR)
    await services.bindings.bind(channel, name, OPERATOR)
    return made

"""The browser, the playground with a bot in it, and what opens the page for a person."""

import asyncio
import shutil
import sys
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import ClientSession
from playwright.async_api import Browser, Page, async_playwright, expect
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from playground.server import PlaygroundSlack
from tests.browser.page_bot import listen

CHROMIUM = shutil.which("chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
FLAGS += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]

Open = Callable[..., Awaitable[Page]]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Start one browser for all tests here."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    if not await driver_runs():
        pytest.skip("Playwright's driver does not run here: apt-get install libatomic1")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


async def driver_runs() -> bool:
    """Tell whether Playwright's driver starts: its node needs a library that Debian may lack."""
    command = (sys.executable, "-m", "playwright", "--version")
    driver = await asyncio.create_subprocess_exec(*command, stdout=DEVNULL, stderr=DEVNULL)
    return await driver.wait() == 0


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def slack() -> AsyncIterator[PlaygroundSlack]:
    """Start a playground with the bot in it."""
    slack = PlaygroundSlack()
    await slack.start()
    async with ClientSession() as session:
        client = AsyncWebClient(slack.bot_token, base_url=slack.api_url, session=session)
        app = AsyncApp(client=client)
        listen(app)
        handler = AsyncSocketModeHandler(app, slack.app_token, ping_interval=1)
        await handler.connect_async()  # type: ignore[no-untyped-call]
        yield slack
        await handler.close_async()  # type: ignore[no-untyped-call]
    await slack.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def visit(browser: Browser, slack: PlaygroundSlack) -> AsyncIterator[Open]:
    """Return what opens the page in a fresh workspace; no page may log an error."""
    async with ClientSession() as session:
        await session.post(f"{slack.url}/control/reset", json={})
    contexts, complaints = [], []

    async def visit(place: str = "U0ANA/C0STAGING", **options: Any) -> Page:
        context = await browser.new_context(**options)
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = await context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if loud(said.type) else None)
        await page.goto(f"{slack.url}/#/{place}")
        await expect(page.get_by_role("status").first).to_contain_text("ferry is connected")
        return page

    yield visit
    for context in contexts:
        await context.close()
    assert complaints == []


def loud(kind: str) -> bool:
    """Tell whether something on the console is a complaint."""
    return kind in ("error", "warning")

"""The browser, the playground with a bot in it, and what opens the page for a person."""

import asyncio
import shutil
import sys
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import ClientSession
from playwright.async_api import Browser, async_playwright
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.demo import World, world
from bot.furnish import furnish
from playground.server import PlaygroundSlack
from tests.browser.page_bot import listen
from tests.browser.walking import Visit, visiting

CHROMIUM = shutil.which("chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
FLAGS += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]


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
async def page_of(browser: Browser, slack: PlaygroundSlack) -> AsyncIterator[Visit]:
    """Return what opens the page in a fresh workspace, with the small bot of the page's tests."""
    async with ClientSession() as session:
        await session.post(f"{slack.url}/control/reset", json={})
    async with visiting(browser, slack.url) as visit:
        yield visit


@pytest_asyncio.fixture(loop_scope="session")
async def ferry(tmp_path: Path) -> AsyncIterator[World]:
    """Start Slack, host and Ferry, furnished like the demo; each test has its own."""
    async with world(tmp_path) as made:
        await furnish(made.bot.services, made.host, made.sample)
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def visit(browser: Browser, ferry: World) -> AsyncIterator[Visit]:
    """Return what opens the page as somebody, somewhere, with Ferry at work behind it."""
    async with visiting(browser, ferry.slack.url) as visit:
        yield visit

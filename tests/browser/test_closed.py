"""Production is closed by a lock or a window, and an admin goes past it: clicked in a browser."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from bot.demo import World, world
from bot.furnish import furnish
from tests.browser.safe_world import ANA, BRUNO, CARLA, RUN, RUN_MS, Visit, visits

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
CHANNEL = "C0PROD"


@pytest_asyncio.fixture(loop_scope="session")
async def ferry(tmp_path: Path) -> AsyncIterator[World]:
    """Start Slack, host and Ferry, furnished like the demo."""
    async with world(tmp_path) as made:
        await furnish(made.bot.services, made.host, made.sample)
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def visit(browser: Browser, ferry: World) -> AsyncIterator[Visit]:
    """Return what opens the page as somebody, somewhere."""
    async with visits(browser, ferry) as visit:
        yield visit


async def test_a_lock_takes_the_button_away_until_its_holder_opens_it(visit: Visit) -> None:
    """Card, envs and locks name who and why; another one's unlock is refused."""
    bruno = await visit(BRUNO, CHANNEL)
    card = await bruno.asks()
    run = card.get_by_role("button", name="Run on production")
    await expect(run).to_be_visible()

    carla = await visit(CARLA, CHANNEL)
    await carla.types("/migrate lock for 2h the backup runs")
    for desk in (bruno, carla):
        shut = desk.read("@Carla Dias locked 🔴 production until")
        await expect(shut).to_contain_text("the backup runs.")
    await expect(carla.told("is locked until")).to_have_count(0)  # one is enough
    locked = "production is locked by @Carla Dias until"
    await expect(card).to_contain_text(locked)
    await expect(card).to_contain_text("the backup runs.")
    await expect(card).to_contain_text("It can be confirmed once production is open.")
    await expect(run).to_have_count(0)
    await expect(card.get_by_role("button", name="Discard")).to_be_visible()

    await bruno.types(RUN)
    await expect(bruno.told("Nothing starts there.")).to_contain_text(locked)
    await bruno.types("/migrate envs")
    await expect(bruno.told("Environments")).to_contain_text(locked)
    await bruno.types("/migrate unlock")
    await expect(bruno.told("admin may open it")).to_be_visible()
    await bruno.types("/migrate locks")
    listed = bruno.told("Closed (1)")
    await expect(listed).to_contain_text("the backup runs")
    await expect(listed.get_by_role("button", name="Unlock")).to_have_count(0)

    await carla.types("/migrate locks")
    await carla.presses(carla.told("Closed (1)"), "Unlock production", "Unlock")
    await expect(bruno.read("@Carla Dias opened 🔴 production again")).to_be_visible()
    await expect(card).not_to_contain_text("is locked")
    await bruno.presses(card, "Run on production", "Run it")
    await expect(card).to_contain_text("Succeeded", timeout=RUN_MS)


async def test_an_admin_freezes_by_a_form_and_breaks_the_glass(visit: Visit) -> None:
    """The window that has begun counts at once; the override is told to all, with its reason."""
    bruno = await visit(BRUNO, CHANNEL)
    card = await bruno.asks()

    ana = await visit(ANA, CHANNEL)
    await ana.types("/migrate freeze")
    form = ana.form("New freeze window")
    here = form.get_by_role("combobox", name="Environment")
    await expect(here).to_have_value("🔴 production")  # the channel's own
    began = datetime.now(UTC) - timedelta(minutes=5)
    await form.get_by_label("Begins").fill(f"{began.minute} {began.hour} * * *")
    await form.get_by_label("Lasts").fill("2h")
    await form.get_by_label("Time zone").fill("UTC")
    await form.get_by_label("Why").fill("month end")
    await form.get_by_role("button", name="Make").click()
    made = ana.form("Freeze window")
    await expect(made).to_contain_text("production is frozen at these times from now on")
    await made.get_by_role("button", name="Close").last.click()
    await expect(bruno.read("@Ana Souza made a freeze window for")).to_contain_text(
        "for 2 h (UTC). Why: month end."
    )
    frozen = "production is frozen by @Ana Souza until"
    await expect(card).to_contain_text(frozen)
    await expect(card.get_by_role("button", name="Run on production")).to_have_count(0)

    await bruno.types("/migrate locks")
    await expect(bruno.told(frozen)).to_contain_text("Closed (1)")
    await bruno.types("/migrate override #1 the clinic is down")
    await expect(bruno.told("that takes an admin")).to_be_visible()
    await ana.types("/migrate override #1")
    await expect(ana.told("Breaking the glass takes a reason")).to_be_visible()
    await ana.types("/migrate override #1 the clinic is down")
    await expect(ana.told("goes ahead")).to_contain_text("Its channel is told")
    await expect(card).to_contain_text("@Ana Souza broke the glass: the clinic is down")
    await expect(card).to_contain_text("Succeeded", timeout=RUN_MS)
    loud = bruno.read("broke the glass: #1 import-patients runs on production without")
    await expect(loud).to_contain_text("Why: the clinic is down")
    for told in (card, loud):
        await expect(told).to_contain_text("Although it was frozen by @Ana Souza until")
        await expect(told).to_contain_text(": month end.")

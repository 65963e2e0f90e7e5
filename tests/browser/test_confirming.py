"""Somebody else says yes, with a code of their own device: clicked in a real browser."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import asdict, fields, replace
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from bot.demo import World, world
from bot.furnish import OPERATOR, furnish
from db.model.catalog import ConfirmationPolicy, EnvironmentDraft
from db.model.grants import Holder, Role

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
Visit = Callable[[str, str], Awaitable[Page]]
CHANNEL, CARLA = "C0RANDOM", "U0CARLA"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def ferry(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """Start Slack, host and Ferry, with an environment where somebody else confirms by code."""
    async with world(tmp_path_factory.mktemp("ferry")) as made:
        services = made.bot.services
        await furnish(services, made.host, made.sample)
        known = asdict(await services.catalog.environment("production"))
        draft = EnvironmentDraft(**{one.name: known[one.name] for one in fields(EnvironmentDraft)})
        draft = replace(draft, name="guarded", second_factor=True)
        draft = replace(draft, confirmation=ConfirmationPolicy.SOMEONE_ELSE)
        guarded = await services.catalog.create_environment(draft, OPERATOR)
        await services.bindings.bind(CHANNEL, "guarded", OPERATOR)
        async with made.bot.ground.db.begin() as repos:
            await repos.grants.put(Holder.PERSON, CARLA, guarded.id, Role.APPROVER, "U0ANA")
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def visit(browser: Browser, ferry: World) -> AsyncIterator[Visit]:
    """Return what opens the page as somebody, somewhere."""
    contexts = []

    async def visit(person: str, channel: str) -> Page:
        context = await browser.new_context(viewport={"width": 1280, "height": 860})
        contexts.append(context)
        page = await context.new_page()
        await page.goto(f"{ferry.slack.url}/#/{person}/{channel}")
        await expect(page.get_by_role("status").first).to_contain_text("ferry is connected")
        return page

    yield visit
    for context in contexts:
        await context.close()


def card_on(page: Page) -> Locator:
    """Return the card of the run, and not what only one person sees."""
    cards = page.get_by_role("article").filter(has_not_text="Only visible to you")
    return cards.filter(has_text="#1 import-patients").first


async def press_run(card: Locator, page: Page) -> None:
    """Press the button, and yes in the dialog that asks once more."""
    await card.get_by_role("button", name="Run on guarded").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Run it").click()


async def test_somebody_else_confirms_with_a_code(visit: Visit, ferry: World) -> None:
    """Bruno asks and is refused, Carla sets up her second factor, and her code lets it run."""
    bruno = await visit("U0BRUNO", CHANNEL)
    box = bruno.get_by_label("Message #random")
    await box.fill("/migrate run import-patients practitioner-id=320700")
    await box.press("Enter")
    await expect(card_on(bruno)).to_contain_text("An approver has to say yes")
    await press_run(card_on(bruno), bruno)
    messages = bruno.get_by_role("region", name="Messages")
    await expect(messages.get_by_text("You asked for run #1 yourself")).to_be_visible()

    carla = await visit(CARLA, CHANNEL)
    box = carla.get_by_label("Message #random")
    await box.fill("/migrate totp")
    await box.press("Enter")
    await carla.goto(f"{ferry.slack.url}/#/{CARLA}/D0CARLA")
    letter = carla.get_by_role("article").filter(has_text="Your second factor").first
    secret = (await letter.locator("code").first.inner_text()).replace(" ", "")
    phone = pyotp.TOTP(secret)
    await carla.get_by_role("button", name="Second factor: scan it").click()
    picture = carla.get_by_role("dialog").get_by_role("img")
    await expect(picture).to_have_js_property("complete", value=True)
    assert await picture.evaluate("image => image.naturalWidth") > 200
    await carla.keyboard.press("Escape")
    await letter.get_by_role("button", name="Type the first code").click()
    form = carla.get_by_role("dialog", name="Your second factor")
    await form.get_by_label("First code").fill(phone.now())
    await form.get_by_role("button", name="Done").click()
    await expect(letter).to_contain_text("is set up")
    await expect(carla.get_by_role("button", name="Second factor: scan it")).to_have_count(0)

    async with ferry.bot.ground.db.begin() as repos:  # an hour later
        await repos.second_factors.change(CARLA, remembered_until=None)
    await carla.goto(f"{ferry.slack.url}/#/{CARLA}/{CHANNEL}")
    await press_run(card_on(carla), carla)
    form = carla.get_by_role("dialog", name="Confirm with a code")
    await form.get_by_label("Code").fill("12345")
    await form.get_by_role("button", name="Confirm").click()
    await expect(form).to_contain_text("six digits")
    await form.get_by_label("Code").fill(phone.at(datetime.now(UTC) + timedelta(seconds=30)))
    await form.get_by_role("button", name="Confirm").click()

    await expect(card_on(carla)).to_contain_text("Succeeded", timeout=30_000)
    await expect(card_on(carla)).to_contain_text("confirmed by @Carla Dias")

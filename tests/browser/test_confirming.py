"""Somebody else says yes, with a code of their own device: clicked in a real browser."""

from datetime import UTC, datetime, timedelta

import pyotp
import pytest
import pytest_asyncio
from playwright.async_api import expect

from bot.demo import World
from db.model.catalog import ConfirmationPolicy
from db.model.grants import Holder, Role
from tests.browser.walking import (
    ANA,
    BRUNO,
    CARLA,
    FIRST,
    RANDOM,
    RUN_MS,
    Visit,
    asks,
    card,
    confirms,
    guarded,
    says,
    told,
)

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(loop_scope="session")
async def ferry(ferry: World) -> World:
    """Add an environment where somebody else confirms by code, which Carla may."""
    someone_else = ConfirmationPolicy.SOMEONE_ELSE
    made = await guarded(ferry, "guarded", RANDOM, second_factor=True, confirmation=someone_else)
    async with ferry.bot.ground.db.begin() as repos:
        await repos.grants.put(Holder.PERSON, CARLA, made.id, Role.APPROVER, ANA)
    return ferry


async def test_somebody_else_confirms_with_a_code(visit: Visit, ferry: World) -> None:
    """Bruno asks and is refused, Carla sets up her second factor, and her code lets it run."""
    bruno = await visit(BRUNO, RANDOM)
    asked = await asks(bruno)
    await expect(asked).to_contain_text("An approver has to say yes")
    await confirms(asked, "guarded")
    await expect(told(bruno, "You asked for run #1 yourself")).to_be_visible()

    carla = await visit(CARLA, RANDOM)
    await says(carla, "/migrate totp")
    await carla.goto(f"{ferry.slack.url}/#/{CARLA}/D0CARLA")
    letter = card(carla, "Your second factor")
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
    await carla.goto(f"{ferry.slack.url}/#/{CARLA}/{RANDOM}")
    await confirms(card(carla, FIRST), "guarded")
    form = carla.get_by_role("dialog", name="Confirm with a code")
    await form.get_by_label("Code").fill("12345")
    await form.get_by_role("button", name="Confirm").click()
    await expect(form).to_contain_text("six digits")
    await form.get_by_label("Code").fill(phone.at(datetime.now(UTC) + timedelta(seconds=30)))
    await form.get_by_role("button", name="Confirm").click()

    await expect(asked).to_contain_text("Succeeded", timeout=RUN_MS)
    await expect(asked).to_contain_text("confirmed by @Carla Dias")

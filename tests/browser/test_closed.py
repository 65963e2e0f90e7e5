"""Production is closed by a lock or a window, and an admin goes past it: clicked in a browser."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import expect

from tests.browser.walking import (
    ANA,
    BRUNO,
    CARLA,
    PRIVATE,
    PRODUCTION,
    RUN,
    RUN_MS,
    Visit,
    asks,
    card,
    confirms,
    presses,
    says,
    told,
)

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_lock_takes_the_button_away_until_its_holder_opens_it(visit: Visit) -> None:
    """Card, envs and locks name who and why; another one's unlock is refused."""
    bruno = await visit(BRUNO, PRODUCTION)
    asked = await asks(bruno)
    run = asked.get_by_role("button", name="Run on production")
    await expect(run).to_be_visible()

    carla = await visit(CARLA, PRODUCTION)
    await says(carla, "/migrate lock for 2h the backup runs")
    for page in (bruno, carla):
        shut = card(page, "@Carla Dias locked 🔴 production until")
        await expect(shut).to_contain_text("the backup runs.")
    private = carla.get_by_role("article").filter(has_text=PRIVATE)
    await expect(private.filter(has_text="is locked until")).to_have_count(0)  # one is enough
    locked = "production is locked by @Carla Dias until"
    await expect(asked).to_contain_text(locked)
    await expect(asked).to_contain_text("the backup runs.")
    await expect(asked).to_contain_text("It can be confirmed once production is open.")
    await expect(run).to_have_count(0)
    await expect(asked.get_by_role("button", name="Discard")).to_be_visible()

    await says(bruno, RUN)
    await expect(told(bruno, "Nothing starts there.")).to_contain_text(locked)
    await says(bruno, "/migrate envs")
    await expect(told(bruno, "Environments")).to_contain_text(locked)
    await says(bruno, "/migrate unlock")
    await expect(told(bruno, "admin may open it")).to_be_visible()
    await says(bruno, "/migrate locks")
    listed = told(bruno, "Closed (1)")
    await expect(listed).to_contain_text("the backup runs")
    await expect(listed.get_by_role("button", name="Unlock")).to_have_count(0)

    await says(carla, "/migrate locks")
    await presses(told(carla, "Closed (1)"), "Unlock production", "Unlock")
    await expect(card(bruno, "@Carla Dias opened 🔴 production again")).to_be_visible()
    await expect(asked).not_to_contain_text("is locked")
    await confirms(asked, "production")
    await expect(asked).to_contain_text("Succeeded", timeout=RUN_MS)


async def test_an_admin_freezes_by_a_form_and_breaks_the_glass(visit: Visit) -> None:
    """The window that has begun counts at once; the override is told to all, with its reason."""
    bruno = await visit(BRUNO, PRODUCTION)
    asked = await asks(bruno)

    ana = await visit(ANA, PRODUCTION)
    await says(ana, "/migrate freeze")
    form = ana.get_by_role("dialog", name="New freeze window")
    here = form.get_by_role("combobox", name="Environment")
    await expect(here).to_have_value("🔴 production")  # the channel's own
    began = datetime.now(UTC) - timedelta(minutes=5)
    await form.get_by_label("Begins").fill(f"{began.minute} {began.hour} * * *")
    await form.get_by_label("Lasts").fill("2h")
    await form.get_by_label("Time zone").fill("UTC")
    await form.get_by_label("Why").fill("month end")
    await form.get_by_role("button", name="Make").click()
    made = ana.get_by_role("dialog", name="Freeze window")
    await expect(made).to_contain_text("production is frozen at these times from now on")
    await made.get_by_role("button", name="Close").last.click()
    await expect(card(bruno, "@Ana Souza made a freeze window for")).to_contain_text(
        "for 2 h (UTC). Why: month end."
    )
    frozen = "production is frozen by @Ana Souza until"
    await expect(asked).to_contain_text(frozen)
    await expect(asked.get_by_role("button", name="Run on production")).to_have_count(0)

    await says(bruno, "/migrate locks")
    await expect(told(bruno, frozen)).to_contain_text("Closed (1)")
    await says(bruno, "/migrate override #1 the clinic is down")
    await expect(told(bruno, "You may not break the glass: that takes an admin")).to_be_visible()
    await says(ana, "/migrate override #1")
    await expect(told(ana, "Breaking the glass takes a reason")).to_be_visible()
    await says(ana, "/migrate override #1 the clinic is down")
    await expect(told(ana, "goes ahead")).to_contain_text("Its channel is told")
    await expect(asked).to_contain_text("@Ana Souza broke the glass: the clinic is down")
    await expect(asked).to_contain_text("Succeeded", timeout=RUN_MS)
    loud = card(bruno, "#1 import-patients on production was let past the confirmation that it")
    await expect(loud).to_contain_text("Why: the clinic is down")
    for where in (asked, loud):
        await expect(where).to_contain_text("Although it was frozen by @Ana Souza until")
        await expect(where).to_contain_text(": month end.")

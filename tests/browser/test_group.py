"""So many of a user group say yes, or one of them says no and why: clicked in a real browser."""

import re

import pytest
import pytest_asyncio
from playwright.async_api import expect

from bot.demo import World
from db.model.catalog import ConfirmationPolicy
from tests.browser.walking import (
    ANA,
    BRUNO,
    CARLA,
    FIRST,
    PRODUCTION,
    RANDOM,
    RUN_MS,
    Visit,
    asks,
    card,
    confirms,
    guarded,
    told,
)

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
TWO, ONE = PRODUCTION, RANDOM


@pytest_asyncio.fixture(loop_scope="session")
async def ferry(ferry: World) -> World:
    """Add an environment that asks two of a group, and one that asks one."""
    group = {"id": "S0OPS", "handle": "migrations-ops", "users": [ANA, CARLA]}
    await ferry.slack.control.usergroup(group)
    await ferry.slack.control.usergroup({"id": "S0DBA", "handle": "dba", "users": [CARLA]})
    asks = {"confirmation": ConfirmationPolicy.GROUP}
    await guarded(ferry, "clinic", TWO, **asks, confirm_group="S0OPS", confirmations=2)
    await guarded(ferry, "records", ONE, **asks, confirm_group="S0DBA")
    return ferry


async def test_two_of_a_group_let_it_run(visit: Visit) -> None:
    """Who asked may not, a second yes of the same person counts nothing, another one's does."""
    bruno = await visit(BRUNO, TWO)
    asked = await asks(bruno)
    await expect(asked).to_contain_text("2 of @migrations-ops must say yes")
    await expect(asked).to_contain_text("not @Bruno Lima, who asked for it")
    beside_the_buttons = re.compile("disk.*0 of 2 said yes so far; 2 missing.", re.DOTALL)
    await expect(asked).to_contain_text(beside_the_buttons)
    await confirms(asked, "clinic")
    refused = told(bruno, "You asked for run #1 yourself: somebody else has to confirm it.")
    await expect(refused).to_contain_text("Ask @migrations-ops.")

    carla = await visit(CARLA, TWO)
    await confirms(card(carla, FIRST), "clinic")
    await expect(card(carla, FIRST)).to_contain_text("1 of 2 said yes: @Carla Dias; 1 missing.")
    await confirms(card(carla, FIRST), "clinic")
    again = told(carla, "You said yes to #1 before: your click changed nothing.")
    await expect(again).to_contain_text("1 more must say yes.")
    await expect(asked).to_contain_text("1 of 2 said yes: @Carla Dias; 1 missing.")

    ana = await visit(ANA, TWO)
    await confirms(card(ana, FIRST), "clinic")
    await expect(asked).to_contain_text("Succeeded", timeout=RUN_MS)
    await expect(asked).to_contain_text("confirmed by @Carla Dias and @Ana Souza")
    await expect(asked.get_by_role("button", name="Run on clinic")).to_have_count(0)


async def test_one_of_a_group_is_enough_and_no_admin_stands_in(visit: Visit) -> None:
    """Ana is an admin, and not in the group."""
    bruno = await visit(BRUNO, ONE)
    asked = await asks(bruno)
    await expect(asked).to_contain_text("One of @dba must say yes")
    await expect(asked).not_to_contain_text("missing")

    ana = await visit(ANA, ONE)
    await confirms(card(ana, FIRST), "records")
    refused = told(ana, "Run #1 waits for members of a user group, and you are not in it.")
    await expect(refused).to_contain_text("Ask @dba.")
    await expect(asked.get_by_role("button", name="Run on records")).to_be_visible()

    carla = await visit(CARLA, ONE)
    await confirms(card(carla, FIRST), "records")
    await expect(asked).to_contain_text("Succeeded", timeout=RUN_MS)
    await expect(asked).to_contain_text("confirmed by @Carla Dias")


async def test_who_refuses_says_why(visit: Visit) -> None:
    """A window asks; the card keeps who it was and the reason, and the thread calls who asked."""
    bruno = await visit(BRUNO, TWO)
    asked = await asks(bruno)

    carla = await visit(CARLA, TWO)
    await card(carla, FIRST).get_by_role("button", name="Discard").click()
    form = carla.get_by_role("dialog", name="Refuse this run")
    await expect(form).to_contain_text(
        "Refusing ends #1 import-patients → 🔴 clinic (production): it will not run."
    )
    await form.get_by_role("button", name="Refuse it").click()
    await expect(form.get_by_role("alert")).to_have_text("Please complete this required field.")
    await form.get_by_label("Why not").fill("The backup is not done yet")
    await form.get_by_role("button", name="Refuse it").click()
    await expect(form).to_have_count(0)

    await expect(asked).to_contain_text("Refused by @Carla Dias · #1 import-patients")
    await expect(asked).to_contain_text("Nothing ran: The backup is not done yet.")
    await expect(asked).to_contain_text("refused by @Carla Dias")
    await expect(asked.get_by_role("button", name="Discard")).to_have_count(0)
    await expect(asked.get_by_role("button", name="Run on clinic")).to_have_count(0)
    await asked.get_by_role("link", name="1 reply").click()
    thread = bruno.get_by_role("complementary", name="Thread")
    called = "@Bruno Lima: #1 import-patients on clinic was refused: The backup is not done yet"
    await expect(thread).to_contain_text(called)


async def test_who_asked_discards_with_one_click(visit: Visit) -> None:
    """No window, no reason; *Run again* asks anew."""
    bruno = await visit(BRUNO, TWO)
    asked = await asks(bruno)
    await asked.get_by_role("button", name="Discard").click()
    await expect(asked).to_contain_text("discarded by @Bruno Lima")
    await expect(bruno.get_by_role("dialog")).to_have_count(0)
    again = asked.get_by_role("button", name="Run #1 import-patients again", exact=True)
    await expect(again).to_be_visible()

"""What people look at without running anything: Home, the plan of a run, the audit log."""

import json

import pytest
from playwright.async_api import Page, expect

from bot.demo import World
from tests.browser.walking import (
    ANA,
    BRUNO,
    LOOK_MS,
    PRODUCTION,
    QUICK,
    RUN_MS,
    STAGING,
    Visit,
    card,
    says,
    told,
)

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def _is_clicked(page: Page, name: str) -> None:
    await page.get_by_role("region", name="Home").get_by_role("button", name=name).click()


async def test_home_tells_what_waits_and_what_is_closed(visit: Visit) -> None:
    """Empty at first; then what runs and waits, each with a button; a lock stands above it."""
    ana = await visit(ANA, "D0ANA/home")
    home = ana.get_by_role("region", name="Home")
    await expect(home).to_contain_text("Nothing runs or waits.")
    await expect(home).to_contain_text("Nothing ran yet.")
    await expect(home).to_contain_text("To begin, press Run a job…")
    await expect(home).not_to_contain_text("locked")
    for name in ("Run a job…", "What runs now", "Queue", "Last runs", "Jobs", "Environments"):
        await expect(home.get_by_role("button", name=name)).to_be_visible()

    bruno = await visit(BRUNO, STAGING)
    await says(bruno, f"/migrate run {QUICK}")
    await expect(card(bruno, "#1 import-patients")).to_contain_text("Succeeded", timeout=RUN_MS)
    production = await visit(ANA, PRODUCTION)
    await says(production, f"/migrate run {QUICK}")
    asked = card(production, "#2 import-patients")
    await expect(asked.get_by_role("button", name="Run on production")).to_be_visible(
        timeout=LOOK_MS
    )
    await says(production, "/migrate lock production for 2h the clinic counts its beds")
    await expect(asked).to_contain_text("the clinic counts its beds", timeout=LOOK_MS)

    await _is_clicked(ana, "Refresh")
    await expect(home).to_contain_text("#1 import-patients → 🟡 staging · succeeded")
    await expect(home).to_contain_text("#2 import-patients → 🔴 production · awaiting confirmation")
    await expect(home).to_contain_text("🔒 production is locked by @Ana Souza until")
    await expect(home).to_contain_text("the clinic counts its beds.")
    await expect(home).to_contain_text("Nothing else runs or waits.")
    await expect(home).not_to_contain_text("To begin")
    brunos = await visit(BRUNO, "D0BRUNO/home")
    others = brunos.get_by_role("region", name="Home")
    await expect(others).to_contain_text("Must say yes: @Ana Souza.")
    await expect(others).not_to_contain_text("Waits for you")
    await expect(home).to_contain_text("Waits for you")
    await _is_clicked(ana, "Show #2 import-patients")
    shown = ana.get_by_role("dialog")
    await expect(shown).to_contain_text("Awaiting confirmation")


async def test_a_plan_is_shown_and_nothing_runs(visit: Visit, ferry: World) -> None:
    """What would run and what was found there; the form opens filled in, and is left alone."""
    bruno = await visit(BRUNO, PRODUCTION)
    await says(bruno, f"/migrate plan {QUICK}")
    plan = told(bruno, "The plan of import-patients")
    await expect(plan).to_contain_text("whoever asks for it has to confirm it", timeout=LOOK_MS)
    await expect(plan).to_contain_text("Nothing was started.")
    await expect(plan).to_contain_text("argument 3:  320700")
    await expect(plan).to_contain_text("sha256:")
    await expect(plan).to_contain_text("✅ good · reachable")
    await plan.get_by_role("button", name="Open the form").click()
    form = bruno.get_by_role("dialog", name="Run a job")
    await expect(form.get_by_label("Practitioner id")).to_have_value("320700")
    await form.get_by_role("button", name="Cancel").click()

    await says(bruno, "/migrate plan import-with-missing-node practitioner-id=320700")
    broken = told(bruno, "The plan of import-with-missing-node")
    await expect(broken).to_contain_text(
        "As its host stands it cannot run: interpreter failed.", timeout=LOOK_MS
    )
    assert await ferry.bot.services.history.recent(limit=5) == []


async def test_the_audit_log_is_filtered_and_exported(visit: Visit, ferry: World) -> None:
    """Bruno may not read it; Ana reads what fits her filter, and takes exactly that along."""
    bruno = await visit(BRUNO, STAGING)
    await says(bruno, "/migrate audit")
    await expect(told(bruno, "an admin")).to_be_visible()
    await says(bruno, f"/migrate run {QUICK} reason=ticket-12")
    await expect(card(bruno, "#1 import-patients")).to_contain_text("Succeeded", timeout=RUN_MS)

    ana = await visit(ANA, STAGING)
    await says(ana, "/migrate audit")
    await expect(told(ana, "Audit log")).to_contain_text("created the job import-with-missing-node")
    await says(ana, "/migrate audit @bruno #1")
    found = told(ana, "Audit log: @bruno #1")
    await expect(found).to_contain_text("@Bruno Lima asked for #1 import-patients on staging")
    await expect(found).to_contain_text("“ticket-12”")
    await expect(found).not_to_contain_text("created the job")
    await found.get_by_role("button", name="Export these events as a file").click()
    sure = ana.get_by_role("alertdialog", name="Export the audit log?")
    await expect(sure).to_contain_text("noted in the log")
    await sure.get_by_role("button", name="Export").click()
    await expect(told(ana, "The file is in your direct messages")).to_be_visible()

    await ana.goto(f"{ferry.slack.url}/#/{ANA}/D0ANA")
    letter = ana.get_by_role("article").filter(has_text="a JSON object a line")
    await expect(letter).to_contain_text("The audit log with @bruno #1: 1 event")
    await ana.get_by_role("button", name="ferry-audit.jsonl").click()
    viewer = ana.get_by_role("dialog", name="ferry-audit.jsonl")
    async with ana.expect_download() as downloading:
        await viewer.get_by_role("link", name="Download").click()
    file = await (await downloading.value).path()
    events = [json.loads(line) for line in file.read_text().splitlines()]
    assert [event["verb"] for event in events] == ["execution.asked"]
    assert {event["actor"] for event in events} == {BRUNO}
    await ana.keyboard.press("Escape")
    await ana.goto(f"{ferry.slack.url}/#/{ANA}/{STAGING}")
    await says(ana, "/migrate audit exported")
    await expect(told(ana, "Audit log: exported")).to_contain_text("exported the audit log")

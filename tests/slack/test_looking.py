"""What is looked at without changing anything: lists, their pages, receipts and Home."""

from playground.people import Person
from tests.db.seeds import blocks, line
from tests.slack.ferry_in import In, launched
from tests.support.waiting import until
from tests.support.world import ANA, PRODUCTION, STAGING


async def test_status_history_and_log_show_what_there_is(ferry: In, bruno: Person) -> None:
    """Lists lead to one run, pages turn in place, numbers that are none are explained."""
    numbers = [await launched(ferry) for _ in range(12)]
    await bruno.types(STAGING, "/migrate status")
    told = await bruno.told(STAGING, "Running and waiting in staging (12)")
    await bruno.clicks(told, "Show")
    await bruno.told(STAGING, "Next in line")
    await bruno.types(STAGING, "/migrate history")
    page = await bruno.told(STAGING, "Last runs in staging: 10.")
    assert f"#{numbers[-1]} " in str(page["blocks"])
    await bruno.clicks(page, "Older")
    page = await bruno.told(STAGING, "Older runs")
    assert f"#{numbers[0]} " in str(page["blocks"])
    await bruno.types(STAGING, f"/migrate log {numbers[0]}")
    await bruno.told(STAGING, "No output so far.")
    await bruno.types(STAGING, "/migrate status banana")
    await bruno.told(STAGING, "banana is not the number of a run.")
    await bruno.types(STAGING, "/migrate status #9999")
    await bruno.told(STAGING, "There is no run #9999.")


async def test_log_shows_what_the_script_said_and_not_to_ferry(ferry: In, bruno: Person) -> None:
    """It looks behind the marks of a script that reports its progress often."""
    run = await ferry.services.history.execution(await launched(ferry))
    texts = ["copied 40 patients", *(f"::progress {done}/300" for done in range(300))]
    async with ferry.database.begin() as repos:
        lines = [line(run, number, text, ferry.clock) for number, text in enumerate(texts, 1)]
        await repos.log_lines.add(blocks(lines))

    await bruno.types(STAGING, f"/migrate log {run.id}")

    told = await bruno.told(STAGING, "the last line that is not a mark for Ferry")
    assert "copied 40 patients" in str(told["blocks"])
    assert "::progress" not in str(told["blocks"])
    assert "will be a file in the thread" in str(told["blocks"])


async def test_log_leads_to_its_file(ferry: In, bruno: Person) -> None:
    """It is in the thread of the card, as soon as Slack has it."""
    number = await launched(ferry)
    await ferry.services.controls.cancel(number, ANA)
    run = await ferry.services.history.execution(number)
    async with ferry.database.begin() as repos:
        await repos.log_lines.add(blocks([line(run, 1, "copied 40 patients", ferry.clock)]))
    await bruno.types(STAGING, f"/migrate log {number}")
    none = await bruno.told(STAGING, "Log of")
    await ferry.services.news.attached(number, "log", "https://ferry.slack.com/files/F1")
    await bruno.types(STAGING, f"/migrate log {number}")
    there = await bruno.told(STAGING, "https://ferry.slack.com/files/F1|whole log")

    assert "There is no file of the whole log" in str(none["blocks"])
    assert "There is no file of the whole log" not in str(there["blocks"])


async def test_lists_show_environments_and_sources(ferry: In, bruno: Person) -> None:
    """Environments with their channels, sources with their buttons."""
    del ferry
    await bruno.types(STAGING, "/migrate envs")
    told = await bruno.told(STAGING, "Environments (2)")
    assert "<#C0STAGING>" in str(told["blocks"])
    await bruno.types(STAGING, "/migrate sources")
    await bruno.told(STAGING, "Sources (1)")


async def test_home_shows_what_runs_and_begins_a_run(ferry: In, bruno: Person) -> None:
    """The Home tab is alive, and its buttons work without a channel."""
    number = await launched(ferry)
    await bruno.opens_home()
    home = await bruno.home(f"#{number} import-patients")
    await bruno.clicks(home, "Jobs")
    view = await bruno.modal("Ferry")
    assert "import-patients" in str(view["blocks"])
    await bruno.clicks(view, "Run…")
    view = await bruno.modal("Run a job")

    assert any(block.get("block_id") == "field:channel" for block in view["blocks"])


async def test_copy_of_a_card_gives_its_own_receipt(ferry: In, bruno: Person) -> None:
    """What nobody edits says itself what the click did: in a note, and in a window of Home."""
    number = await launched(ferry, PRODUCTION)
    await bruno.types(PRODUCTION, f"/migrate status {number}")
    shown = await bruno.told(PRODUCTION, "Awaiting confirmation")
    await bruno.clicks(shown, "Discard")
    await bruno.told(PRODUCTION, f"#{number} import-patients is discarded: nothing runs.")
    await bruno.opens_home()
    await bruno.clicks(await bruno.home(f"#{number} import-patients"), "Show")
    await bruno.clicks(await bruno.modal("Ferry"), "Run again")
    await until(lambda: not len(ferry.work), "done")

    again, _old = await ferry.services.history.recent()
    assert again.channel_id == PRODUCTION
    assert "is asked for" in str((await bruno.modal("Ferry"))["blocks"])


async def test_pages_turn_inside_a_window(ferry: In, bruno: Person) -> None:
    """A window of Home stays one window: three is the most that Slack stacks."""
    numbers = [await launched(ferry) for _ in range(35)]
    await bruno.opens_home()
    await bruno.clicks(await bruno.home(), "Last runs")
    for _ in range(3):
        page = await bruno.modal("Ferry")
        await bruno.clicks(page, "Older")
        await until(lambda: not len(ferry.work), "turned")

    state = await bruno.state()
    assert len(state["views"]) == 1
    assert f"#{numbers[0]} " in str(state["views"])

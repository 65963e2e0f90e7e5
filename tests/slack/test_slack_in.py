"""What people type, press and fill in, over real services and a real database."""

import asyncio

import pytest
from aiohttp import ClientSession
from slack_sdk.web.async_client import AsyncWebClient

from db.database import Database
from db.model.catalog import JobDraft
from db.model.execution import Status
from executor.rules.estimates import Forecast
from executor.services import Ask
from handlers.connection import HttpMode
from handlers.views.card import execution_card
from playground.people import Person
from playground.server import PlaygroundSlack
from tests.slack.ferry_in import In, listening
from tests.support.database import Clock
from tests.support.looked import looked_at
from tests.support.waiting import until
from tests.support.world import ANA, BRUNO, GOOD, NOWHERE, PRODUCTION, STAGING, another, furnish

LINE = "/migrate run import-patients"


@pytest.fixture
async def ferry(empty: In) -> In:
    """Be connected over two environments, their channels, and a job."""
    await furnish(empty.services)
    return empty


async def launched(ferry: In, channel: str = STAGING) -> int:
    """Launch a run; return its number."""
    ask = Ask(job="import-patients", values=another(), channel_id=channel, by=BRUNO)
    return (await ferry.services.launcher.launch(ask)).id


async def card(ferry: In, client: AsyncWebClient, number: int, clock_: Clock) -> str:
    """Post the card of a run, as the reporter would; return its time stamp."""
    one = await ferry.services.history.execution(number)
    told = execution_card(one, tail=[], forecast=Forecast(position=1), now=clock_())
    sent = await client.chat_postMessage(channel=one.channel_id, text=told.text, blocks=told.blocks)
    return str(sent["ts"])


async def test_help_lists_every_verb(empty: In, ana: Person) -> None:
    """``/migrate`` alone tells what there is."""
    del empty
    await ana.types(STAGING, "/migrate")
    told = await ana.told(STAGING, "Ferry runs data migrations")

    for verb in ("run", "status", "cancel", "log", "history", "jobs", "sources", "envs", "bind"):
        assert f"/migrate {verb}" in str(told["blocks"])


async def test_first_source_and_job_are_created_from_the_empty_list(empty: In, ana: Person) -> None:
    """The empty list leads to a source, the source to a job, wrong lines are told at the field."""
    del empty
    await ana.types(STAGING, "/migrate jobs")
    await ana.clicks(await ana.told(STAGING, "There is no job yet."), "New source…")
    view = await ana.fills(
        await ana.modal("New source"), {"Name": "iclinic", "Default values": "sistema=iclinic"}
    )
    await ana.submits(view)
    await ana.clicks(await ana.modal("Created"), "New job…")
    view = await ana.fills(
        await ana.modal("New job"),
        {"Name": "import-visits", "Script": "~/visits.js", "Parameters": "sistema: tex"},
    )
    errors = await ana.submits(view)
    await ana.fills(view, {"Parameters": "sistema: text\ndry-run: boolean flag=--dry-run"})
    assert await ana.submits(view) == {}
    await ana.types(STAGING, "/migrate jobs visit")
    listed = await ana.told(STAGING, "Jobs (1)")

    assert "Line 1" in errors["Parameters"]
    assert "import-visits" in str(listed["blocks"])


async def test_environment_is_created_after_its_key_is_vouched_for(empty: In, ana: Person) -> None:
    """The host's fingerprint is shown before anything is created; then a channel is bound."""
    await ana.types(STAGING, "/migrate new environment")
    form = await ana.modal("New environment")
    values = {"Name": "staging", "Host": "db1.example.com", "User": "deploy"}
    values |= {"Other settings": "Let me choose", "Timeout": "soon"}
    errors = await ana.submits(await ana.fills(form, {**values}))
    assert list(errors) == ["Timeout"]
    assert await ana.submits(await ana.fills(form, {"Timeout": "20m"})) == {}
    trust = await ana.modal("Trust this host?")
    assert "SHA256:uNiVztks" in str(trust["blocks"])
    assert await empty.services.catalog.environments() == []
    await ana.submits(trust)
    await ana.modal("Created")
    await ana.types(STAGING, "/migrate bind stagin")
    await ana.told(STAGING, "Did you mean staging?")
    await ana.types(STAGING, "/migrate bind staging")
    await ana.sees(STAGING, "bound this channel: jobs run in 🟡 staging from now on")

    (made,) = await empty.services.catalog.environments()
    assert made.host_key.startswith("ssh-ed25519 AAAA")
    assert made.timeout_s == 1200


async def test_unreachable_host_leaves_the_form_as_it_was(empty: In, ana: Person) -> None:
    """A host that does not answer the scan is told on top of the form."""
    await ana.types(STAGING, "/migrate new environment")
    form = await ana.modal("New environment")
    form = await ana.fills(form, {"Name": "x", "Host": "down.example.com", "User": "deploy"})
    await ana.submits(form)
    form = await ana.modal("New environment")

    assert "down.example.com does not answer." in str(form["blocks"][0])
    assert await empty.services.catalog.environments() == []


@pytest.mark.parametrize("noun", ["environment", "source", "job"])
async def test_only_admins_get_the_forms(empty: In, bruno: Person, noun: str) -> None:
    """Who may not create is told whom to ask instead of filling in a form."""
    del empty
    await bruno.types(STAGING, f"/migrate new {noun}")
    told = await bruno.told(STAGING, "that takes an admin")

    assert "<@U0ANA>" in str(told["blocks"])


async def test_form_runs_a_job_and_tells_wrong_values_at_their_fields(
    ferry: In, slack: PlaygroundSlack, bruno: Person
) -> None:
    """Pick, fill, refuse, correct, run; a second delivery of the same form runs nothing more."""
    source = await ferry.services.catalog.source("iclinic")
    other = JobDraft(name="import-visits", source_id=source.id, script="~/visits.js")
    await ferry.services.catalog.create_job(other, ANA)

    await bruno.types(STAGING, "/migrate run")
    view = await bruno.modal("Run a job")
    assert "🟡 staging" in str(view["blocks"])
    view = await bruno.chooses(view, "Job", "import-patients")
    view = await bruno.fills(
        view, {"sistema": "medpro", "practitioner-id": "320623", "Why": "asked by *support*"}
    )
    assert await bruno.submits(view) == {}
    await slack.control.redeliver()

    (one,) = await ferry.services.history.recent()
    assert one.status is Status.QUEUED
    assert one.parameters == {"sistema": "medpro", "practitioner-id": "320623"}
    assert one.reason == "asked by *support*"
    assert one.requested_by == "U0BRUNO"


async def test_wrong_line_offers_the_form_with_what_was_typed(ferry: In, bruno: Person) -> None:
    """Every wrong value is named, and nothing that was right has to be typed again."""
    await bruno.types(STAGING, f"{LINE} sistema=iclnic practitioner-id=abc patient-id=7")
    told = await bruno.told(STAGING, "values need another look")
    assert "iclinic" in str(told["blocks"])
    assert "abc" in str(told["blocks"])
    await bruno.clicks(told, "Open the form")
    view = await bruno.modal("Run a job")
    initial = {
        block["label"]["text"]: block["element"].get("initial_value")
        for block in view["blocks"]
        if block["type"] == "input"
    }

    assert initial["patient-id"] == "7"
    assert initial["practitioner-id"] is None
    assert await ferry.services.history.recent() == []


async def test_line_runs_with_values_by_place_and_by_name(
    ferry: In, slack: PlaygroundSlack, bruno: Person
) -> None:
    """Bare words fill the parameters in their order; the same delivery twice is one run."""
    await bruno.types(STAGING, f"{LINE} iclinic practitioner-id=320623 reason=“patient asked”")
    told = await bruno.told(STAGING, "is asked for")
    await slack.control.redeliver()

    (one,) = await ferry.services.history.recent()
    assert one.parameters == GOOD
    assert one.reason == "patient asked"
    assert f"#{one.id} import-patients" in told["text"]


async def test_unknown_job_names_the_nearest(ferry: In, bruno: Person) -> None:
    """A mistyped job is told which one was probably meant."""
    del ferry
    await bruno.types(STAGING, "/migrate run import-pacients")
    await bruno.told(STAGING, "Did you mean import-patients?")


async def test_unbound_channel_is_told_and_bound_by_the_button(
    ferry: In, ana: Person, bruno: Person
) -> None:
    """The refusal has the button, but not for those who may not press it."""
    await bruno.types(NOWHERE, "/migrate run")
    told = await bruno.told(NOWHERE, "This channel is not bound to an environment yet")
    assert "An admin binds it once" in str(told["blocks"])
    assert "Bind this channel" not in str(told["blocks"])
    await ana.types(NOWHERE, f"{LINE} iclinic 320623")
    told = await ana.told(NOWHERE, "This channel is not bound")
    await ana.clicks(told, "Bind this channel…")
    view = await ana.fills(await ana.modal("Bind this channel"), {"Environment": "staging"})
    await ana.submits(view)
    await ana.sees(NOWHERE, "bound this channel")

    bound = await ferry.services.bindings.environment_of(NOWHERE)
    assert bound is not None
    assert bound.name == "staging"


async def test_binding_where_ferry_is_no_member_says_to_invite_it(ferry: In, ana: Person) -> None:
    """No card could ever appear there, so it is said at once."""
    del ferry
    await ana.types("C0QUIET", "/migrate bind staging")
    await ana.told("C0QUIET", "Ferry is not in this channel, and without it no card")
    await ana.types("C0QUIET", "/migrate unbind")
    await ana.told("C0QUIET", "no job runs here any more")


async def test_of_two_confirmations_one_counts(
    ferry: In,
    client: AsyncWebClient,
    clock: Clock,
    bruno: Person,
) -> None:
    """The second click on the same card is told that it was late."""
    number = await launched(ferry, PRODUCTION)
    await looked_at(ferry.services, await ferry.services.history.execution(number))
    await card(ferry, client, number, clock)
    shown = await bruno.sees(PRODUCTION, "Awaiting confirmation")
    await bruno.clicks(shown, "Run on production", confirm=True)
    await bruno.clicks(shown, "Run on production", confirm=True)
    await bruno.told(PRODUCTION, "already confirmed")

    assert (await ferry.services.history.execution(number)).status is Status.QUEUED


async def test_discard_starts_nothing(
    ferry: In,
    client: AsyncWebClient,
    clock: Clock,
    bruno: Person,
) -> None:
    """The no is recorded with who said it."""
    number = await launched(ferry, PRODUCTION)
    await card(ferry, client, number, clock)
    await bruno.clicks(await bruno.sees(PRODUCTION, "Awaiting confirmation"), "Discard")

    async def status() -> Status:
        return (await ferry.services.history.execution(number)).status

    await until(lambda: not len(ferry.work), "done")
    assert await status() is Status.DISCARDED


async def test_card_with_a_thread_is_answered_in_the_channel(
    ferry: In,
    client: AsyncWebClient,
    clock: Clock,
    bruno: Person,
) -> None:
    """Who presses a button in the channel does not look into the thread below it."""
    number = await launched(ferry)
    root = await card(ferry, client, number, clock)
    await client.chat_postMessage(channel=STAGING, text="in the thread", thread_ts=root)
    shown = await bruno.sees(STAGING, "Queued")
    await bruno.clicks(shown, "Cancel", confirm=True)
    await bruno.clicks(shown, "Cancel", confirm=True)

    told = await bruno.told(STAGING, "⚠️")

    assert "thread_ts" not in told


async def test_cancel_by_command_and_again_from_the_card(
    ferry: In,
    client: AsyncWebClient,
    clock: Clock,
    bruno: Person,
) -> None:
    """A cancelled run can be run again; two quick clicks are one wish."""
    number = await launched(ferry)
    await bruno.types(STAGING, f"/migrate cancel #{number}")
    await bruno.told(STAGING, f"#{number} import-patients will not run.")
    await bruno.types(STAGING, f"/migrate cancel {number}")
    await bruno.told(STAGING, "⚠️")
    await card(ferry, client, number, clock)
    shown = await bruno.sees(STAGING, "Cancelled")
    await bruno.clicks(shown, "Run again")
    await until(lambda: not len(ferry.work), "done")

    again, old = await ferry.services.history.recent()
    assert old.id == number
    assert again.parameters == old.parameters


async def test_again_with_changes_opens_the_form_filled_in(
    ferry: In,
    client: AsyncWebClient,
    clock: Clock,
    bruno: Person,
) -> None:
    """Everything is as it was, and one value can be changed."""
    number = await launched(ferry)
    await ferry.services.controls.cancel(number, BRUNO)
    await card(ferry, client, number, clock)
    await bruno.clicks(await bruno.sees(STAGING, "Cancelled"), "Run again with changes…")
    view = await bruno.fills(await bruno.modal("Run a job"), {"practitioner-id": "5"})
    assert await bruno.submits(view) == {}

    newest, old = await ferry.services.history.recent()
    assert newest.parameters == {**old.parameters, "practitioner-id": "5"}


async def test_shortcut_asks_for_the_channel(ferry: In, bruno: Person) -> None:
    """From anywhere the channel is picked, its environment shown, an unbound one refused."""
    await bruno.uses("run_job")
    view = await bruno.modal("Run a job")
    view = await bruno.chooses(view, "Channel", "random")
    assert "is not bound to an environment yet" in str(view["blocks"])
    view = await bruno.fills(view, {"sistema": "iclinic", "practitioner-id": "1"})
    errors = await bruno.submits(view)
    view = await bruno.chooses(view, "Channel", "prod-ops")
    assert "🔴 production" in str(view["blocks"])
    assert await bruno.submits(view) == {}

    (one,) = await ferry.services.history.recent()
    assert list(errors) == ["Channel"]
    assert one.channel_id == PRODUCTION
    assert one.status is Status.AWAITING_CONFIRMATION


async def test_many_jobs_are_searched_for(ferry: In, bruno: Person) -> None:
    """More jobs than fit a menu are found by typing."""
    source = await ferry.services.catalog.source("iclinic")
    for number in range(30):
        draft = JobDraft(name=f"job-{number:02}", source_id=source.id, script="~/x.js")
        await ferry.services.catalog.create_job(draft, ANA)
    await bruno.types(STAGING, "/migrate run")
    view = await bruno.chooses(await bruno.modal("Run a job"), "Job", "job-29")
    assert await bruno.submits(view) == {}

    (one,) = await ferry.services.history.recent()
    assert one.job_name == "job-29"


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


async def test_http_mode_answers_signed_requests_only(
    sqlite_url: str,
    clock: Clock,
    client: AsyncWebClient,
    slack: PlaygroundSlack,
    ana: Person,
) -> None:
    """The same listeners behind Slack's HTTP calls; a wrong signature gets nowhere."""
    database = Database(sqlite_url, clock=clock)
    ferry = listening(client, database, clock, slack.signing_secret)
    http = HttpMode(
        ferry.app, ferry.work, signing_secret=slack.signing_secret, host="127.0.0.1", port=0
    )
    stop = asyncio.Event()
    running = asyncio.create_task(http.run(stop))
    await until(lambda: http.address, "listening")
    slack.http_target = http.address

    await ana.types(STAGING, "/migrate help")
    await ana.told(STAGING, "Ferry runs data migrations")
    async with ClientSession() as session:
        headers = {"X-Slack-Signature": "v0=bad", "X-Slack-Request-Timestamp": "1"}
        async with session.post(
            http.address, data={"command": "/migrate"}, headers=headers
        ) as answer:
            status = answer.status
    stop.set()
    await running
    await database.close()

    assert status == 401

"""Runs as people ask for, confirm, cancel and repeat them: typed, pressed and filled in."""

from slack_sdk.web.async_client import AsyncWebClient

from db.model.catalog import JobDraft
from db.model.execution import Status
from executor.rules.estimates import Forecast
from handlers.views.card import execution_card
from playground.people import Person
from playground.server import PlaygroundSlack
from tests.slack.ferry_in import In, launched
from tests.support.database import Clock
from tests.support.looked import looked_at
from tests.support.waiting import until
from tests.support.world import ANA, BRUNO, GOOD, PRODUCTION, STAGING

LINE = "/migrate run import-patients"


async def card(ferry: In, client: AsyncWebClient, number: int, clock_: Clock) -> str:
    """Post the card of a run, as the reporter would; return its time stamp."""
    one = await ferry.services.history.execution(number)
    told = execution_card(one, tail=[], forecast=Forecast(position=1), now=clock_())
    sent = await client.chat_postMessage(channel=one.channel_id, text=told.text, blocks=told.blocks)
    return str(sent["ts"])


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

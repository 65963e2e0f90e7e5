"""What people type wrong: a sentence says what and what to do, and not a row changes."""

import asyncio
from pathlib import Path

import pytest

from bot.clock import utc_now
from db.model.execution import Status
from playground import screen
from tests.acceptance.house import House, furnished
from tests.acceptance.looking import PATIENCE_S, newest, number_of, says
from tests.support.sshd import Sshd
from tests.support.world import NOWHERE, PRODUCTION, STAGING

pytestmark = pytest.mark.asyncio(loop_scope="module")
RAN = 'echo "$*" >>"$HOME/ran-$FERRY_TEST"; echo "got $*"'
PARAMETERS = """\
usuario: text pattern=[a-z]+ example=drleandro label="Usuário"
count: integer min=1 max=50 example=12
until: date flag=--until optional
code: text flag=--code pattern=[0-9]{3} example=042 optional
"""


@pytest.fixture
async def greet(ferry: House) -> str:
    """Have a job with typed parameters, which leaves a mark where it runs."""
    if not await ferry.services.catalog.jobs():
        await ferry.job("greet", RAN.replace("$FERRY_TEST", "greet"), PARAMETERS)
    return "greet"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        pytest.param("/migrate rnu", "Did you mean run?", id="unknown subcommand"),
        pytest.param("/migrate run greeet x 1", "Did you mean greet?", id="unknown job"),
        pytest.param("/migrate bind stagging", "Did you mean staging?", id="unknown environment"),
        pytest.param("/migrate new jbo", "Did you mean job?", id="unknown thing to make"),
        pytest.param('/migrate run greet "x', "never closed", id="open quotation mark"),
        pytest.param("/migrate run greet a 1 - 2 3 4", "one value too many", id="too many values"),
        pytest.param("/migrate run greet usuario=a usuario=b", "given twice", id="value twice"),
        pytest.param("/migrate cancel", "Its number is missing", id="cancel without number"),
        pytest.param("/migrate cancel soon", "not the number of a run", id="cancel a word"),
        pytest.param("/migrate cancel 999999", "no run #999999", id="cancel what is not there"),
        pytest.param("/migrate status 999999", "no run #999999", id="status of nothing"),
    ],
)
async def test_mistyped_command(ferry: House, greet: str, typed: str, words: str) -> None:
    """The note says what is wrong, and the nearest that there is."""
    del greet

    async with ferry.untouched():
        await ferry.answer(ferry.ana, STAGING, typed, words)


async def test_all_wrong_values_are_named_at_once(ferry: House, greet: str) -> None:
    """Missing, extra and ill-typed: one note with a line for each, and an example."""
    line = f"/migrate run {greet} count=many untill=2026-01-01"

    async with ferry.untouched():
        told = await ferry.answer(ferry.bruno, STAGING, line, "3 values need another look")

    assert "Usuário is required, for example drleandro." in told
    assert "count must be a whole number" in told
    assert "you gave many" in told
    assert "untill is not a parameter of this job. Did you mean until?" in told


async def test_wrong_values_in_the_form_are_told_at_their_fields(ferry: House, greet: str) -> None:
    """The form stays open with what was typed, and takes the right values."""
    await ferry.bruno.types(STAGING, f"/migrate run {greet}")
    view = await ferry.bruno.modal("Run a job")
    view = await ferry.bruno.fills(view, {"Usuário": "DR", "count": "5", "code": "4"})

    async with ferry.untouched():
        errors = await ferry.bruno.submits(view)
    before = await newest(ferry.bruno, STAGING)
    again = await ferry.bruno.submits(
        await ferry.bruno.fills(view, {"Usuário": "dr", "code": "042"})
    )
    card = await ferry.bruno.sees(STAGING, "greet on", timeout=PATIENCE_S, after=before)
    execution = await ferry.over(card)

    assert errors.keys() == {"Usuário", "code"}
    assert "drleandro" in errors["Usuário"]
    assert "042" in errors["code"]
    assert again == {}
    assert execution.status is Status.SUCCEEDED
    assert await ferry.lines(execution.id) == ["got dr 5 --code 042"]


@pytest.mark.parametrize(
    ("noun", "fields", "wrong"),
    [
        pytest.param(
            "environment",
            {"Name": "My Staging", "Host": "h", "User": "deploy", "Key file": "keys/id"},
            {"Name": "staging", "Key file": "write it from /"},
            id="environment",
        ),
        pytest.param("source", {"Name": "-x"}, {"Name": "for example"}, id="source"),
        pytest.param(
            "job",
            {"Name": "a b", "Source": "scripts", "Script": "~/../x.sh", "Parameters": "x: txt"},
            {"Name": "for example", "Script": "is not a usable path", "Parameters": "Did you mean"},
            id="job",
        ),
    ],
)
async def test_bad_names_and_paths(
    ferry: House, noun: str, fields: dict[str, str], wrong: dict[str, str]
) -> None:
    """Each is told at its field with an example; nothing is created."""
    await ferry.ana.types(STAGING, f"/migrate new {noun}")
    view = await ferry.ana.modal(f"New {noun}")

    async with ferry.untouched():
        errors = await ferry.ana.submits(await ferry.ana.fills(view, dict(fields)))
    await ferry.ana.closes(view)

    assert errors.keys() == wrong.keys()
    for label, words in wrong.items():
        assert words in screen.shown(errors[label]), errors


async def test_name_that_is_taken(ferry: House) -> None:
    """An environment is not created twice, and the host is not even asked."""
    await ferry.ana.types(STAGING, "/migrate new environment")
    view = await ferry.ana.modal("New environment")
    fields = {"Name": "staging", "Host": "127.0.0.1", "User": "deploy"}

    async with ferry.untouched():
        errors = await ferry.ana.submits(await ferry.ana.fills(view, dict(fields)))
    await ferry.ana.closes(view)

    assert list(errors) == ["Name"]
    assert "already" in errors["Name"]


async def test_channel_that_is_not_bound(ferry: House, greet: str) -> None:
    """The note has a button that opens the binding, by line and by form alike."""
    async with ferry.untouched():
        by_line = await ferry.answer(
            ferry.ana, NOWHERE, f"/migrate run {greet} dr 1", "not bound to an environment"
        )
        by_form = await ferry.answer(
            ferry.ana, NOWHERE, "/migrate run", "not bound to an environment"
        )
        note = await ferry.ana.told(NOWHERE, "not bound to an environment")
        await ferry.ana.clicks(note, "Bind this channel…")
        await ferry.ana.closes(await ferry.ana.modal("Bind this channel"))

    assert "/migrate bind staging" in by_line
    assert "/migrate bind staging" in by_form


async def test_only_admins_define_and_bind(ferry: House) -> None:
    """Others are told whom to ask."""
    async with ferry.untouched():
        for line in ("/migrate bind production", "/migrate unbind", "/migrate new environment"):
            told = await ferry.answer(ferry.bruno, STAGING, line, "that takes an admin")
            assert "@U0ANA" in told


async def test_two_answers_to_one_confirmation(ferry: House, greet: str) -> None:
    """The second is told who was first, and changes nothing."""
    card = await ferry.asks(ferry.bruno, PRODUCTION, f"{greet} dr 2")
    await ferry.bruno.clicks(card, "Discard")
    execution = await ferry.over(card)
    before = await newest(ferry.ana, PRODUCTION)

    async with ferry.untouched():
        await ferry.ana.clicks(card, "Run on production", confirm=True, as_shown=True)
        await ferry.ana.told(PRODUCTION, "was discarded by @U0BRUNO", after=before)

    assert execution.status is Status.DISCARDED
    says(await ferry.shown(card), "nothing ran")
    assert await ferry.lines(execution.id) == []


async def test_cancel_of_what_is_over(ferry: House, greet: str) -> None:
    """By command and by the button of a card that somebody still sees: told, nothing changes."""
    channel = await ferry.channel()
    card = await ferry.asks(ferry.bruno, channel, f"{greet} dr 3")
    running = card if "Cancel" in screen.buttons(card) else None
    execution = await ferry.over(card)

    async with ferry.untouched():
        line = f"/migrate cancel #{execution.id}"
        told = await ferry.answer(ferry.bruno, channel, line, "already over: it succeeded")
        if running:
            before = await newest(ferry.bruno, channel)
            await ferry.bruno.clicks(running, "Cancel", confirm=True, as_shown=True)
            await ferry.bruno.told(channel, "already over: it succeeded", after=before)

    assert "Run again" in told
    says(await ferry.shown(card), "Succeeded")


async def test_requests_that_slack_delivers_twice(ferry: House, greet: str) -> None:
    """A command starts one run, a confirmation counts once; the second is told or silent."""
    card = await ferry.asks(ferry.bruno, PRODUCTION, f"{greet} dr 7")
    await ferry.slack.control.redeliver()
    before = await newest(ferry.bruno, PRODUCTION)
    await ferry.bruno.clicks(card, "Run on production", confirm=True)
    await ferry.slack.control.redeliver()
    await ferry.bruno.told(PRODUCTION, "was already confirmed by @U0BRUNO", after=before)
    execution = await ferry.over(card)
    recent = await ferry.services.history.recent()

    assert execution.status is Status.SUCCEEDED
    assert [each.id for each in recent if each.parameters["count"] == "7"] == [execution.id]
    assert len(await ferry.cards(card)) == 1
    ran = (ferry.host.home / "ran-greet").read_text().splitlines()
    assert ran.count("dr 7") == 1


async def test_guests_run_nothing(ferry: House, greet: str) -> None:
    """Neither by a line, nor by somebody else's button."""
    card = await ferry.asks(ferry.bruno, PRODUCTION, f"{greet} dr 5")

    async with ferry.untouched():
        await ferry.answer(ferry.guest, STAGING, f"/migrate run {greet} dr 6", "full members")
        before = await newest(ferry.guest, PRODUCTION)
        await ferry.guest.clicks(card, "Run on production", confirm=True)
        await ferry.guest.told(PRODUCTION, "full members", after=before)
    await ferry.bruno.clicks(card, "Discard")

    assert (await ferry.over(card)).answered_by == ferry.bruno.id


async def test_people_of_another_workspace(ferry: House, greet: str) -> None:
    """A guest from elsewhere in a shared channel confirms nothing, cancels nothing."""
    card = await ferry.asks(ferry.bruno, PRODUCTION, f"{greet} dr 4")
    stranger = ferry.slack.workspace.users["U0GUEST"]
    stranger["team_id"] = "T0OTHER"

    async with ferry.untouched():
        for label, confirm in (("Run on production", True), ("Discard", None)):
            before = await newest(ferry.guest, PRODUCTION)
            await ferry.guest.clicks(card, label, confirm=confirm)
            await ferry.guest.told(PRODUCTION, "people of its own workspace", after=before)
    stranger["team_id"] = "T0FERRY"
    await ferry.bruno.clicks(card, "Discard")

    assert (await ferry.over(card)).answered_by == ferry.bruno.id


async def test_answer_after_expiry(sshd: Sshd, tmp_path: Path) -> None:
    """A click that comes too late starts nothing, and the card says that it expired."""
    async with furnished(tmp_path, sshd.host, confirm_within_min=0.1) as ferry:
        await ferry.job("late", RAN.replace("$FERRY_TEST", "late"))
        card = await ferry.asks(ferry.bruno, PRODUCTION, "late")
        (execution,) = await ferry.services.history.recent()
        assert execution.expires_at is not None
        await asyncio.sleep((execution.expires_at - utc_now()).total_seconds())
        await ferry.bruno.clicks(card, "Run on production", confirm=True, as_shown=True)
        await ferry.bruno.told(PRODUCTION, "The time to confirm #1 is over: nothing was started.")
        execution = await ferry.over(card)

        assert execution.status is Status.EXPIRED
        assert number_of(card) == execution.id
        says(await ferry.shown(card), "nobody confirmed it in time; nothing ran")
        assert not (sshd.host.home / "ran-late").exists()

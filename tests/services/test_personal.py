"""Personal values: in the database where the run needs them, and nowhere that Slack looks."""

import json
from dataclasses import fields, replace
from datetime import timedelta
from inspect import getmembers, isasyncgenfunction, iscoroutinefunction, isfunction
from typing import Any

import pytest
from sqlalchemy import event, text

from db.model.audit import AuditFilter
from db.model.catalog import JobDraft, ParameterSpec, ParameterType, SourceDraft
from db.model.errors import Conflict, InvalidInput, NotAllowed, NotFound
from db.model.execution import Execution, Status
from db.model.output import Block, Level, Stream
from db.model.people import Person
from executor.rules.outcomes import Outcome
from executor.rules.plan import plan_hash
from executor.rules.veil import digest, hint
from executor.services import Ask, Duplicate, Ground, Services, build
from tests.support.looked import looked_at
from tests.support.world import ANA, BRUNO, CARLA, PRODUCTION, STAGING

ID, NAME = "4432071", "Ana Souza"
LEASE = timedelta(seconds=15)
PERSONAL = (
    ParameterSpec(
        name="sistema", type=ParameterType.CHOICE, choices=("iclinic", "medpro"), target="1"
    ),
    ParameterSpec(name="patient-id", type=ParameterType.INTEGER, is_personal=True, target="2"),
    ParameterSpec(name="patient", is_personal=True, required=False, target="3"),
)


@pytest.fixture
async def services(ground: Ground, services: Services) -> Services:
    """Give the services with a job that asks for personal values."""
    source = await services.catalog.create_source(
        SourceDraft(name="clinic", defaults={"sistema": "iclinic", "patient-id": "1"}), ANA
    )
    draft = JobDraft(
        name="fix",
        source_id=source.id,
        script="~/f.js",
        parameters=PERSONAL,
        concurrency_key="{patient-id}",
    )
    await services.catalog.create_job(draft, ANA)
    return build(ground)


async def launch(services: Services, channel: str = STAGING, **values: str) -> Execution:
    """Ask for a run, as Bruno."""
    given = {"patient-id": ID, "patient": NAME, "sistema": "iclinic"} | values
    reason = f"{given['patient']} called, {given['patient-id']}"
    ask = Ask(job="fix", channel_id=channel, by=BRUNO, values=given, reason=reason)
    return await services.launcher.launch(ask)


async def rows(ground: Ground, statement: str) -> list[Any]:
    """Return what is stored."""
    async with ground.db.read() as repos:
        return [tuple(row.values()) for row in await repos.session.rows(text(statement))]


async def test_values_are_kept_for_the_run_and_hints_for_the_search(
    ground: Ground, services: Services
) -> None:
    """The rows that are looked through hold no personal value, and no event of the audit does."""
    execution = await launch(services)

    key = ground.keys.personal
    parameters = await rows(
        ground, "SELECT name, value, digest, sought FROM execution_parameters ORDER BY name"
    )
    marks = {
        name: digest(key, name, value) for name, value in (("patient", NAME), ("patient-id", ID))
    }
    events = await rows(ground, "SELECT * FROM audit_events")
    assert parameters == [
        ("patient", hint(key, "patient", NAME), marks["patient"], marks["patient"]),
        ("patient-id", hint(key, "patient-id", ID), marks["patient-id"], marks["patient-id"]),
        ("sistema", "iclinic", "", "iclinic"),
    ]
    assert not any(value in repr(events) for value in (ID, NAME))
    assert "called" in repr(events)
    assert execution.parameters["patient-id"] == ID
    assert execution.plan.arguments == ("iclinic", ID, NAME)
    assert execution.plan.personal == ("patient-id", "patient")
    assert plan_hash(execution.plan) == execution.plan_hash


async def _everything(services: Services, seen: Services) -> list[Any]:
    """Return what every way to an execution, its lines and attempts gives Slack."""
    waiting = await launch(seen, PRODUCTION)
    given: list[Any] = [waiting, await seen.history.active(), await seen.news.pending()]
    looked = await looked_at(services, waiting)
    given.append(await seen.history.execution(waiting.id))
    given.append(await seen.confirmations.confirm(waiting.id, BRUNO, looked.plan_hash))
    given += [
        await seen.forecasts.line(None, 5),
        await seen.controls.move_to_front(waiting.id, ANA),
    ]
    with pytest.raises(Duplicate) as twice:
        await launch(seen, PRODUCTION)
    given.append(vars(twice.value))
    running = await services.queue.claim_next("w", LEASE)
    assert running is not None
    assert running.parameters["patient-id"] == ID
    async with services.history._db.begin() as repos:
        said = f"fixing {ID}, {NAME.upper()}"
        block = Block(running.id, 1, 1, Stream.OUT, running.created_at, [Level.INFO], [said])
        await repos.log_lines.add([block])
    given += [
        await seen.history.tail(running.id),
        [each async for each in seen.history.log(running.id)],
    ]
    given.append(await seen.controls.cancel(running.id, ANA))
    failed = Outcome(status=Status.FAILED, message=f"no {NAME} there", hint=ID)
    await services.records.finish(running, failed, result={"patient": NAME}, receipt=ID)
    over = await seen.history.execution(running.id)
    given += [over, await seen.history.attempts(over), await seen.history.recent()]
    given += [
        await seen.news.items([running.id]),
        await seen.launcher.again(running.id, BRUNO, STAGING),
    ]
    return given


async def test_nothing_that_slack_is_given_holds_a_personal_value(services: Services) -> None:
    """Whichever service it comes from; the concurrency key is only compared, and never told."""
    given = await _everything(services, services.veiled)

    for one in given:
        told = repr(one).replace(f"concurrency_key='{ID}'", "")
        assert ID not in told, told
        assert NAME not in told, told
        assert NAME.upper() not in told, told
    assert "fixing 4•••71" in repr(given)


async def test_veil_knows_every_service(services: Services) -> None:
    """Also those that come later; who runs scripts uses them bare."""
    seen = services.veiled

    for item in fields(services):
        is_veil = getattr(seen, item.name) is getattr(services, item.name)
        assert is_veil == (item.name == "veils"), item.name


def test_veil_covers_every_method(services: Services) -> None:
    """It sees what is awaited: what a plain method returns would pass by it."""
    covered = [
        (iscoroutinefunction(member) or isasyncgenfunction(member), f"{item.name}.{name}")
        for item in fields(services)
        if item.name != "veils"
        for name, member in getmembers(type(getattr(services, item.name)), isfunction)
        if not name.startswith("_")
    ]

    assert len(covered) > 60
    assert [name for is_covered, name in covered if not is_covered] == []


async def test_reveal_is_for_those_who_may_and_is_noted_without_the_values(
    ground: Ground, services: Services
) -> None:
    """An approver, and of the events only the names."""
    execution = await launch(services)
    before = len(await rows(ground, "SELECT id FROM audit_events"))

    with pytest.raises(NotAllowed, match="You may not reveal a personal value"):
        await services.personal.reveal(execution.id, CARLA)
    with pytest.raises(NotFound):
        await services.personal.reveal(4711, ANA)
    values = await services.personal.reveal(execution.id, ANA)

    events = await rows(ground, "SELECT actor, verb, subject, after FROM audit_events ORDER BY id")
    assert values == {"patient-id": ID, "patient": NAME}
    assert len(events) == before + 1
    assert events[-1][:3] == ("U0ANA", "value.revealed", str(execution.id))
    assert json.loads(events[-1][3]) == {"names": ["patient-id", "patient"]}


async def test_nothing_to_reveal_is_said(services: Services) -> None:
    """A run without personal values has no button; who forges one is told."""
    values = {"sistema": "iclinic", "practitioner-id": "1"}
    ask = Ask(job="import-patients", channel_id=STAGING, by=BRUNO, values=values)
    plain = await services.launcher.launch(ask)

    with pytest.raises(InvalidInput, match="has no personal values"):
        await services.personal.reveal(plain.id, ANA)


@pytest.mark.parametrize(
    ("by", "is_filled", "is_noted"),
    [(BRUNO, True, False), (ANA, True, True), (CARLA, False, False)],
)
async def test_form_is_filled_for_the_requester_and_for_who_may_see(
    ground: Ground, services: Services, by: Person, *, is_filled: bool, is_noted: bool
) -> None:
    """Others type it again."""
    execution = await launch(services)

    values = await services.personal.to_change(execution.id, by)

    events = await rows(ground, "SELECT verb FROM audit_events WHERE verb = 'value.revealed'")
    assert values["sistema"] == "iclinic"
    assert (values.get("patient-id") == ID) is is_filled
    assert bool(events) is is_noted


async def test_who_runs_again_what_somebody_else_asked_for_learns_no_value(
    ground: Ground, services: Services
) -> None:
    """They are the requester then, but never typed it; who did still has it filled in."""
    first = await launch(services, PRODUCTION)
    await services.confirmations.discard(first.id, BRUNO)
    again = await services.launcher.again(first.id, CARLA, PRODUCTION)

    others = await services.personal.to_change(again.id, CARLA)
    own = await services.personal.to_change(first.id, BRUNO)

    events = await rows(ground, "SELECT verb FROM audit_events WHERE verb = 'value.revealed'")
    assert again.requested_by == CARLA.user_id
    assert others == {"sistema": "iclinic"}
    assert (own["patient-id"], own["patient"]) == (ID, NAME)
    assert not events


async def test_no_value_can_be_tried_out_on_what_a_button_holds(services: Services) -> None:
    """The plan's own hash is not given to Slack; what is there in its place is good for a yes."""
    seen = services.veiled
    asked = await launch(services, PRODUCTION)
    waiting = await looked_at(services, asked)

    told = await seen.history.execution(asked.id)
    with pytest.raises(Conflict, match="another plan"):
        await seen.confirmations.confirm(asked.id, BRUNO, "ab" * 32)
    confirmed = await seen.confirmations.confirm(asked.id, BRUNO, told.plan_hash)

    assert told.plan_hash not in {asked.plan_hash, waiting.plan_hash}
    assert confirmed.status is Status.QUEUED


async def test_no_value_can_be_tried_out_on_what_the_audit_log_holds(
    ground: Ground, services: Services
) -> None:
    """No hash of such a plan is bare there; who said yes to which is told all the same."""
    asked = await launch(services, PRODUCTION)
    looked = await looked_at(services, asked)
    await services.confirmations.confirm(asked.id, BRUNO, looked.plan_hash)
    running = await services.queue.claim_next("w", LEASE)
    assert running is not None
    other = replace(running.plan, directory="/elsewhere")
    await services.voids.void(running, other)

    async with ground.db.read() as repos:
        events = {one.verb: one for one in await repos.audit.page(None, 99)}
    said = str(list(events.values()))
    for bare in (asked.plan_hash, looked.plan_hash, plan_hash(other)):
        assert bare not in said
    confirmed, void = events["execution.confirmed"], events["execution.voided"]
    again = events["execution.awaiting_confirmation"]
    assert confirmed.after["plan_hash"] == void.before["plan_hash"]
    assert void.after["plan_hash"] == again.after["plan_hash"] != void.before["plan_hash"]
    assert events["execution.asked"].after["plan_hash"].startswith("keyed-")


async def test_default_of_a_source_is_not_taken_for_a_personal_value(services: Services) -> None:
    """It would be everybody's, and everybody sees it."""
    with pytest.raises(InvalidInput) as refused:
        await launch(services, **{"patient-id": ""})

    assert list(refused.value.fields) == ["patient-id"]


async def test_runs_are_found_by_a_value(services: Services) -> None:
    """A personal one by its hash, in whatever way it is typed; others by themselves."""
    first = await launch(services)
    await launch(services, **{"patient-id": "1"})
    other = await launch(services, PRODUCTION, patient="")
    elsewhere = {"sistema": "medpro", "practitioner-id": "1", "patient-id": ID}
    ask = Ask(job="import-patients", channel_id=STAGING, by=BRUNO, values=elsewhere)
    plain = await services.launcher.launch(ask)
    find = services.personal.find

    everywhere = await find("patient-id", f"00{ID} ", BRUNO, environment_id=None, limit=9)
    there = await find("patient-id", ID, BRUNO, environment_id=other.environment_id, limit=9)
    by_name = await find("patient", NAME.upper(), BRUNO, environment_id=None, limit=9)
    by_system = await find("sistema", "MEDPRO", BRUNO, environment_id=None, limit=9)
    nobody = await find("patient-id", "77777777", BRUNO, environment_id=None, limit=9)

    assert [one.id for one in everywhere.executions] == [plain.id, other.id, first.id]
    assert everywhere.shown.startswith("4•••71 (#")
    assert [one.id for one in there.executions] == [other.id]
    assert len(by_name.executions) == 2
    assert ([one.id for one in by_system.executions], by_system.shown) == ([plain.id], "medpro")
    assert (nobody.executions, nobody.shown[:5]) == ([], "7•••7")


async def test_looking_for_a_personal_value_is_noted(ground: Ground, services: Services) -> None:
    """Each guess: who, the hint, and whether it was right; other values leave no trace.

    Also after no job has that parameter any more: what was personal then still is.
    """
    first = await launch(services)
    await launch(services, patient="Other")
    find, where = services.personal.find, first.environment_id

    await find("patient-id", ID, BRUNO, environment_id=where, limit=2)
    await find("patient-id", "1234567", CARLA, environment_id=None, limit=2)
    await find("sistema", "iclinic", BRUNO, environment_id=None, limit=2)
    async with ground.db.begin() as repos:
        await repos.session.change(text("UPDATE migration_jobs SET is_active = FALSE"))
    await find("patient-id", "1234568", CARLA, environment_id=None, limit=2)

    async with ground.db.read() as repos:
        noted = await repos.audit.recent(AuditFilter(verbs=("value.sought",)), None, 9)
    told = [(one.actor, one.subject, one.environment, one.after["found"]) for one in noted]
    assert told == [
        ("U0CARLA", "patient-id", "", 0),
        ("U0CARLA", "patient-id", "", 0),
        ("U0BRUNO", "patient-id", "staging", "1 or more"),
    ]
    assert noted[-1].after["value"].startswith("4•••71 (#")
    assert ID not in str(noted)
    assert "123456" not in str(noted)


async def test_looking_for_an_open_value_walks_through_no_history(
    ground: Ground, services: Services
) -> None:
    """Each question to the rows of values is for one value, or for the first row there is."""
    await launch(services)
    asked: list[str] = []

    @event.listens_for(ground.db._engine.sync_engine, "before_cursor_execute")
    def note(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    await services.personal.find("sistema", "iclinic", BRUNO, environment_id=None, limit=9)

    event.remove(ground.db._engine.sync_engine, "before_cursor_execute", note)
    through = [one for one in asked if "FROM execution_parameters" in one]
    assert through
    assert all("sought = " in one.partition("WHERE")[2] for one in through)


async def test_older_runs_are_found_without_the_value(services: Services) -> None:
    """The button names a run that had it."""
    ids = [
        (await launch(services, sistema=name, patient=each)).id
        for name in ("iclinic", "medpro")
        for each in ("a", "b")
    ]
    first = await services.personal.find("patient-id", ID, BRUNO, environment_id=None, limit=2)
    last = first.executions[-1].id

    older = await services.personal.older(
        last, "patient-id", environment_id=None, before=last, limit=9
    )

    assert [one.id for one in [*first.executions, *older.executions]] == ids[::-1]
    assert older.shown == first.shown


async def test_parameter_that_nobody_knows_is_told_with_the_nearest(services: Services) -> None:
    """Not an empty list: it would be taken for an answer."""
    with pytest.raises(NotFound, match="is called `pacient-id`") as unknown:
        await services.personal.find("pacient-id", ID, BRUNO, environment_id=None, limit=9)

    assert unknown.value.hint == "Did you mean `patient-id`?"

"""Who may say yes, and how many of them: against the rows, and at the same moment."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import select, update

from db.model.audit import AuditEvent
from db.model.catalog import ConfirmationPolicy, Kind
from db.model.errors import Conflict, InvalidInput, NotAllowed
from db.model.execution import Execution, Status
from db.model.grants import EVERYWHERE, Holder, Role
from db.model.people import Person
from db.schema import confirmations, environments
from executor.rules.confirming import Answerers
from executor.services import Ask, Ground, Services
from tests.support.database import Clock
from tests.support.looked import looked_at
from tests.support.world import ANA, BRUNO, CARLA, GOOD, environment

GUARDED = "C0GUARDED"
GROUP, SOMEONE_ELSE = ConfirmationPolicy.GROUP, ConfirmationPolicy.SOMEONE_ELSE
OPS = frozenset({"S0OPS"})
MEMBERS = [Person(f"U0OPS{n}", "T0FERRY", OPS) for n in range(4)]


async def ask(services: Services, by: Person = BRUNO, **rules: Any) -> Execution:
    """Return what *by* asked for in an environment with *rules*."""
    draft = environment("guarded", Kind.PRODUCTION, **rules)
    await services.catalog.create_environment(draft, ANA)
    await services.bindings.bind(GUARDED, "guarded", ANA)
    asked = await services.launcher.launch(
        Ask(job="import-patients", channel_id=GUARDED, by=by, values=GOOD, reason="the clinic")
    )
    return await looked_at(services, asked)


async def grant(ground: Ground, person: Person, role: Role) -> None:
    """Give a role everywhere."""
    async with ground.db.begin() as repos:
        await repos.grants.put(Holder.PERSON, person.user_id, EVERYWHERE, role, "U0ANA")


async def change(ground: Ground, **rules: Any) -> None:
    """Change the rules of the environment after the asking."""
    async with ground.db.begin() as repos:
        where = update(environments).where(environments.c.name == "guarded")
        await repos.session.change(where.values(rules))


async def noted(ground: Ground, verb: str) -> list[AuditEvent]:
    """Return the audit events of that kind."""
    async with ground.db.read() as repos:
        return [event for event in await repos.audit.page(0, 1000) if event.verb == verb]


async def test_the_terms_are_kept_as_they_were_at_the_asking(services: Services) -> None:
    """The card shows them from the row."""
    asked = await ask(services, confirmation=GROUP, confirmations=2, confirm_group="S0OPS")

    assert (asked.confirmation, asked.confirmations) == (GROUP, 2)
    assert (asked.confirm_group, asked.confirmed_by) == ("S0OPS", ())


async def test_somebody_else_is_an_approver(services: Services, ground: Ground) -> None:
    """Not who asked, not an operator; an approver's yes queues it."""
    asked = await ask(services, confirmation=SOMEONE_ELSE)
    with pytest.raises(NotAllowed, match="takes an approver"):
        await services.confirmations.confirm(asked.id, CARLA, asked.plan_hash)
    await grant(ground, BRUNO, Role.APPROVER)
    await grant(ground, CARLA, Role.APPROVER)

    with pytest.raises(NotAllowed, match="You asked for run"):
        await services.confirmations.confirm(asked.id, BRUNO, asked.plan_hash)
    confirmed = await services.confirmations.confirm(asked.id, CARLA, asked.plan_hash)

    assert confirmed.status is Status.QUEUED
    assert (confirmed.confirmed_by, confirmed.answered_by) == (("U0CARLA",), "U0CARLA")


async def test_the_editor_of_the_version_that_was_asked_for_does_not_confirm_it(
    services: Services,
) -> None:
    """Ana is an admin, but she wrote the job."""
    asked = await ask(services, confirmation=SOMEONE_ELSE)

    with pytest.raises(NotAllowed, match="last to edit `import-patients`"):
        await services.confirmations.confirm(asked.id, ANA, asked.plan_hash)


async def test_the_nth_yes_queues_it(services: Services, ground: Ground) -> None:
    """The first one only counts; each one is noted, with the plan that it is for."""
    asked = await ask(services, confirmation=GROUP, confirmations=2, confirm_group="S0OPS")

    first = await services.confirmations.confirm(asked.id, MEMBERS[0], asked.plan_hash)
    second = await services.confirmations.confirm(asked.id, MEMBERS[1], asked.plan_hash)

    assert (first.status, first.answered_by) == (Status.AWAITING_CONFIRMATION, "")
    assert second.status is Status.QUEUED
    assert second.confirmed_by == ("U0OPS0", "U0OPS1")
    events = await noted(ground, "execution.confirmed")
    assert [event.actor for event in events] == ["U0OPS0", "U0OPS1"]
    assert events[1].after["plan_hash"] == asked.plan_hash
    queued = await noted(ground, "execution.queued")
    assert [event.actor for event in queued] == ["U0OPS1"]
    assert queued[0].id > events[1].id  # it is queued because of the yes


async def test_a_second_yes_of_the_same_person_changes_nothing(services: Services) -> None:
    """Two clicks are one person."""
    asked = await ask(services, confirmation=GROUP, confirmations=2, confirm_group="S0OPS")
    first = await services.confirmations.confirm(asked.id, MEMBERS[0], asked.plan_hash)

    with pytest.raises(Conflict, match="You said yes to #") as told:
        await services.confirmations.confirm(asked.id, MEMBERS[0], asked.plan_hash)

    assert told.value.hint == "1 more must say yes."
    assert await services.history.execution(asked.id) == first


async def test_of_many_yeses_at_once_so_many_count_as_are_asked_for(services: Services) -> None:
    """Four members, each twice, at the same moment: two of them, once."""
    asked = await ask(services, confirmation=GROUP, confirmations=2, confirm_group="S0OPS")
    clicks = [
        services.confirmations.confirm(asked.id, member, asked.plan_hash) for member in MEMBERS * 2
    ]

    answers = await asyncio.gather(*clicks, return_exceptions=True)

    won = [answer for answer in answers if isinstance(answer, Execution)]
    now = await services.history.execution(asked.id)
    assert sorted(len(one.confirmed_by) for one in won) == [1, 2]
    assert all(isinstance(answer, Conflict) for answer in answers if answer not in won)
    assert now.status is Status.QUEUED
    assert len(set(now.confirmed_by)) == 2


@pytest.mark.parametrize("round_", range(3))
async def test_the_last_yes_and_a_discard_at_once(services: Services, round_: int) -> None:
    """One of them wins, and the row says which."""
    asked = await ask(services, confirmation=GROUP, confirmations=2, confirm_group="S0OPS")
    await services.confirmations.confirm(asked.id, MEMBERS[0], asked.plan_hash)
    yes = services.confirmations.confirm(asked.id, MEMBERS[1], asked.plan_hash)
    no = services.confirmations.discard(asked.id, BRUNO)

    answers = await asyncio.gather(
        *((yes, no) if round_ % 2 else (no, yes)), return_exceptions=True
    )

    (won,) = [answer for answer in answers if isinstance(answer, Execution)]
    now = await services.history.execution(asked.id)
    assert isinstance(next(one for one in answers if one is not won), Conflict)
    assert now.status is won.status
    assert (now.status is Status.QUEUED) == (now.answered_by == "U0OPS1")


async def test_stricter_rules_since_the_asking_count_and_are_shown(
    services: Services, ground: Ground
) -> None:
    """The click is refused in words, and the card shows today's terms from then on."""
    asked = await ask(services, confirmation=ConfirmationPolicy.REQUESTER)
    await change(ground, confirmation=SOMEONE_ELSE)
    await grant(ground, CARLA, Role.APPROVER)

    with pytest.raises(NotAllowed, match="rules of guarded changed since this was asked for"):
        await services.confirmations.confirm(asked.id, BRUNO, asked.plan_hash)

    shown = await services.history.execution(asked.id)
    assert (shown.confirmation, shown.status) == (SOMEONE_ELSE, Status.AWAITING_CONFIRMATION)
    confirmed = await services.confirmations.confirm(asked.id, CARLA, asked.plan_hash)
    assert confirmed.status is Status.QUEUED


async def test_laxer_rules_since_the_asking_do_not_help(services: Services, ground: Ground) -> None:
    """What the card promised is kept."""
    asked = await ask(services, confirmation=SOMEONE_ELSE)
    await change(ground, confirmation=ConfirmationPolicy.NONE)

    with pytest.raises(NotAllowed, match="You asked for run"):
        await services.confirmations.confirm(asked.id, BRUNO, asked.plan_hash)


async def test_a_group_that_was_asked_is_known_until_it_has_answered(
    services: Services, ground: Ground
) -> None:
    """Also when the rules name no group any more: else its members would be told they are none."""
    asked = await ask(services, confirmation=GROUP, confirm_group="S0OPS")
    await change(ground, confirmation=ConfirmationPolicy.REQUESTER, confirm_group="")
    meanwhile = await services.access.named_groups()

    confirmed = await services.confirmations.confirm(asked.id, MEMBERS[0], asked.plan_hash)

    assert meanwhile == OPS
    assert confirmed.status is Status.QUEUED
    assert await services.access.named_groups() == frozenset()


async def test_another_group_since_the_asking_is_asked_anew(
    services: Services, ground: Ground
) -> None:
    """The yes of the old group's member is void; who is in both says it again."""
    asked = await ask(services, confirmation=GROUP, confirmations=2, confirm_group="S0OPS")
    both = Person("U0BOTH", "T0FERRY", frozenset({"S0OPS", "S0DBA"}))
    dba = Person("U0DBA", "T0FERRY", frozenset({"S0DBA"}))
    await services.confirmations.confirm(asked.id, both, asked.plan_hash)
    await change(ground, confirm_group="S0DBA")

    first = await services.confirmations.confirm(asked.id, dba, asked.plan_hash)
    second = await services.confirmations.confirm(asked.id, both, asked.plan_hash)

    assert first.confirmed_by == ("U0DBA",)
    assert (second.status, second.confirmed_by) == (Status.QUEUED, ("U0DBA", "U0BOTH"))
    (changed,) = await noted(ground, "execution.terms_changed")
    assert (changed.before["confirmed_by"], changed.after["confirmed_by"]) == (["U0BOTH"], [])
    assert (changed.before["group"], changed.after["group"]) == ("S0OPS", "S0DBA")


async def test_others_who_may_confirm_may_refuse_and_say_why(
    services: Services, ground: Ground
) -> None:
    """The reason is in the row, for the card and the thread."""
    asked = await ask(services, confirmation=SOMEONE_ELSE)
    await grant(ground, CARLA, Role.APPROVER)

    assert await services.confirmations.must_say_why(asked.id, CARLA)
    with pytest.raises(InvalidInput) as told:
        await services.confirmations.refuse(asked.id, CARLA, "  ")
    refused = await services.confirmations.refuse(asked.id, CARLA, "no backup yet")

    assert set(told.value.fields) == {"reason"}
    assert (refused.status, refused.error_message) == (Status.DISCARDED, "no backup yet")
    with pytest.raises(Conflict, match="This run was refused"):
        await services.controls.cancel(asked.id, BRUNO)
    with pytest.raises(Conflict, match="This run was refused"):
        await services.break_glass.override(asked.id, ANA, "it is late")
    (event,) = await noted(ground, "execution.discarded")
    assert (event.actor, event.reason) == ("U0CARLA", "no backup yet")
    async with ground.db.read() as repos:
        (row,) = await repos.session.rows(select(confirmations))
    assert (row["person"], row["answer"], row["reason"]) == (
        "U0CARLA",
        "discarded",
        "no backup yet",
    )


@pytest.mark.parametrize("who", [BRUNO, ANA])
async def test_requester_and_admins_discard_without_a_reason(
    services: Services, who: Person
) -> None:
    """With one click."""
    asked = await ask(services, confirmation=SOMEONE_ELSE)

    assert not await services.confirmations.must_say_why(asked.id, who)
    discarded = await services.confirmations.discard(asked.id, who)

    assert (discarded.status, discarded.error_message) == (Status.DISCARDED, "")


async def test_a_cancel_that_comes_too_late_is_no_discard(services: Services, clock: Clock) -> None:
    """It says what *Discard* would say: nobody's click ended it."""
    asked = await ask(services)
    clock.advance(30 * 60)

    for no in (services.controls.cancel, services.confirmations.discard):
        with pytest.raises(Conflict, match=f"The time to confirm #{asked.id} is over"):
            await no(asked.id, BRUNO)

    assert (await services.history.execution(asked.id)).status is Status.AWAITING_CONFIRMATION


async def test_who_said_yes_says_why_when_they_change_their_mind(
    services: Services, ground: Ground
) -> None:
    """Their last answer to the plan is the one that is kept."""
    asked = await ask(services, confirmation=GROUP, confirmations=2, confirm_group="S0OPS")
    await services.confirmations.confirm(asked.id, MEMBERS[0], asked.plan_hash)

    assert await services.confirmations.must_say_why(asked.id, MEMBERS[0])
    with pytest.raises(NotAllowed, match="belongs to <@U0BRUNO>"):
        await services.confirmations.discard(asked.id, MEMBERS[0])
    with pytest.raises(NotAllowed, match="to change your mind takes a reason"):
        await services.controls.cancel(asked.id, MEMBERS[0])
    with pytest.raises(NotAllowed, match="belongs to <@U0BRUNO>"):
        await services.controls.cancel(asked.id, MEMBERS[1])
    await services.confirmations.refuse(asked.id, MEMBERS[0], "I misread it")

    async with ground.db.read() as repos:
        (row,) = await repos.session.rows(select(confirmations))
    assert (row["answer"], row["reason"]) == ("discarded", "I misread it")


async def test_who_could_not_confirm_does_not_refuse(services: Services) -> None:
    """Neither by the button nor by a forged form."""
    asked = await ask(services, confirmation=SOMEONE_ELSE)

    with pytest.raises(NotAllowed, match="belongs to <@U0BRUNO>"):
        await services.confirmations.must_say_why(asked.id, CARLA)
    with pytest.raises(NotAllowed, match="takes an approver"):
        await services.confirmations.refuse(asked.id, CARLA, "because")


async def test_half_of_the_time_is_reminded_of_once(
    services: Services, ground: Ground, clock: Clock
) -> None:
    """Not before, not twice, by two janitors neither; it is news."""
    asked = await ask(services, confirmation=SOMEONE_ELSE)
    clock.advance(14 * 60)
    early = await services.confirmations.remind_due()
    clock.advance(60)

    counts = await asyncio.gather(*(services.confirmations.remind_due() for _ in range(3)))

    reminded = await services.history.execution(asked.id)
    assert (early, sorted(counts)) == (0, [0, 0, 1])
    assert reminded.reminded_at == clock()
    assert reminded.version == asked.version + 1
    await grant(ground, CARLA, Role.APPROVER)
    assert await services.history.answerers(asked) == Answerers(people=("U0CARLA",))


async def test_where_a_reason_is_asked_for_nothing_is_asked_for_without(
    services: Services,
) -> None:
    """At the field, and again by the button of a card."""
    asked = await ask(services, asks_reason=True)
    nothing = Ask(job="import-patients", channel_id=GUARDED, by=CARLA, values=GOOD, reason=" ")

    with pytest.raises(InvalidInput) as told:
        await services.launcher.launch(nothing)
    await services.confirmations.discard(asked.id, BRUNO)
    again = await services.launcher.again(asked.id, CARLA, GUARDED)

    assert set(told.value.fields) == {"reason"}
    assert 'reason="' in told.value.hint
    assert again.reason == "the clinic"


@pytest.mark.parametrize(
    ("rules", "theirs", "who"),
    [
        ({}, [BRUNO], Answerers(people=("U0BRUNO",))),
        ({"confirmation": SOMEONE_ELSE}, [CARLA], Answerers(people=("U0CARLA",))),
        (
            {"confirmation": GROUP, "confirmations": 2, "confirm_group": "S0OPS"},
            MEMBERS,
            Answerers(groups=("S0OPS",)),
        ),
    ],
    ids=["requester", "someone else", "group"],
)
async def test_home_knows_whose_yes_is_missing(
    services: Services, ground: Ground, rules: dict[str, Any], theirs: list[Person], who: Answerers
) -> None:
    """Never the requester's where somebody else must say it; nor who said it; nor after it."""
    await grant(ground, CARLA, Role.APPROVER)
    await grant(ground, BRUNO, Role.APPROVER)
    asked = await ask(services, **rules)

    for person in (ANA, BRUNO, CARLA, *MEMBERS):
        (found,) = await services.confirmations.asked_of(person)
        assert found.is_theirs is (person in theirs), person
        assert found.answerers == who
    await services.confirmations.confirm(asked.id, theirs[0], asked.plan_hash)
    left = await services.confirmations.asked_of(theirs[0])
    assert [one.is_theirs for one in left] == [False] * (len(theirs) > 1)

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.model.errors import NotAllowed
from db.model.execution import Status
from db.model.grants import EVERYWHERE, Grant, Holder, Role
from db.model.people import Person
from executor.rules.access import (
    LEAST,
    Verb,
    cancel_verb,
    check,
    check_is_open,
    not_yours,
    on,
    role_of,
    whom_to_ask,
)
from tests.unit.rules.samples import NOON, RUN, STAGING

ADMINS = {"UADMIN"}
HERE, ELSEWHERE = 1, 2
BOB = Person("UBOB", "T1", frozenset({"SOPS"}))
_numbers = itertools.count(1)


def grant(
    role: Role, kind: Holder = Holder.PERSON, subject: str = "UBOB", where: int = HERE
) -> Grant:
    """Return a grant, by default to Bob, here."""
    return Grant(
        id=next(_numbers),
        kind=kind,
        subject="" if kind is Holder.EVERYONE else subject,
        environment_id=where,
        role=role,
        granted_by="UADMIN",
        created_at=NOON,
    )


def everyone(role: Role, where: int = HERE) -> Grant:
    """Return a grant to everyone."""
    return grant(role, Holder.EVERYONE, where=where)


@pytest.mark.parametrize("person", [Person("UADMIN", "T1"), Person("cli:root")])
def test_named_admins_and_the_operator_are_admins_everywhere(person: Person) -> None:
    """Named admins, and whoever sits at Ferry's own machine, whatever was granted."""
    assert role_of(person, HERE, [everyone(Role.VIEWER)], ADMINS) is Role.ADMIN


def test_operator_is_nobody_who_comes_from_slack() -> None:
    """Whoever writes from a workspace has its team, whatever their id looks like."""
    assert role_of(Person("cli:root", "T1"), HERE, [], ADMINS) is Role.OPERATOR


def test_nobody_is_not_an_admin_through_a_stray_comma() -> None:
    """``FERRY_ADMINS=U1,`` names no second admin without an id."""
    assert role_of(Person(""), HERE, [], ["UADMIN", ""]) is None


def test_without_grants_everybody_is_an_operator() -> None:
    """Being in the bound channel is the permission to ask; production asks back."""
    assert role_of(BOB, HERE, [], ADMINS) is Role.OPERATOR


@pytest.mark.parametrize(
    ("grants", "role"),
    [
        pytest.param([everyone(Role.VIEWER)], Role.VIEWER, id="everyone, here"),
        pytest.param([everyone(Role.VIEWER, EVERYWHERE)], Role.VIEWER, id="everyone, everywhere"),
        pytest.param(
            [everyone(Role.VIEWER, EVERYWHERE), everyone(Role.OPERATOR)],
            Role.OPERATOR,
            id="here goes before everywhere",
        ),
        pytest.param([everyone(Role.VIEWER, ELSEWHERE)], Role.OPERATOR, id="elsewhere"),
        pytest.param([grant(Role.APPROVER)], Role.APPROVER, id="in person"),
        pytest.param([grant(Role.ADMIN, where=EVERYWHERE)], Role.ADMIN, id="admin everywhere"),
        pytest.param([grant(Role.ADMIN, where=ELSEWHERE)], Role.OPERATOR, id="admin elsewhere"),
        pytest.param([grant(Role.APPROVER, subject="UANN")], Role.OPERATOR, id="somebody else"),
        pytest.param([grant(Role.APPROVER, Holder.GROUP, "SOPS")], Role.APPROVER, id="a group"),
        pytest.param([grant(Role.ADMIN, Holder.GROUP, "SELSE")], Role.OPERATOR, id="other group"),
        pytest.param([grant(Role.ADMIN, Holder.GROUP, "UBOB")], Role.OPERATOR, id="not his name"),
        pytest.param(
            [everyone(Role.VIEWER), grant(Role.OPERATOR)], Role.OPERATOR, id="the highest counts"
        ),
    ],
)
def test_the_role_follows_from_the_grants(grants: list[Grant], role: Role) -> None:
    """In person, by group, for everyone; here or everywhere."""
    assert role_of(BOB, HERE, grants, ADMINS) is role


@given(st.sampled_from(Verb), st.sampled_from(Role))
def test_a_verb_needs_its_least_role(verb: Verb, role: Role) -> None:
    """Whoever may do something may do it with every higher role as well."""
    if role.rank >= LEAST[verb].rank:
        check(verb, role, ask=ADMINS)
        return
    with pytest.raises(NotAllowed) as refused:
        check(verb, role, ask=ADMINS)
    assert str(verb) in refused.value.message
    assert LEAST[verb].value in refused.value.message
    is_any = LEAST[verb] is not Role.ADMIN
    roles = "Admins give roles: `/migrate grants` names them."
    told = roles if is_any else "`/migrate grants` tells who has which role."
    assert refused.value.hint == f"Ask <@UADMIN>. {told}"


def test_admins_are_not_named_twice() -> None:
    """Where all who are named are admins, nobody has to be told who gives roles."""
    with pytest.raises(NotAllowed) as admins:
        check(Verb.RUN, Role.VIEWER, ask=ADMINS, admins=ADMINS)
    with pytest.raises(NotAllowed) as others:
        check(Verb.RUN, Role.VIEWER, ask={*ADMINS, "UBOB"}, admins=ADMINS)

    assert admins.value.hint == "Ask <@UADMIN>. `/migrate grants` tells who has which role."
    assert others.value.hint.endswith("Admins give roles: `/migrate grants` names them.")


def test_every_verb_has_a_least_role() -> None:
    """A verb that nobody thought of would be a crash at the click."""
    assert set(LEAST) == set(Verb)


def test_somebody_unknown_does_nothing() -> None:
    """A request without a person behind it is told so."""
    with pytest.raises(NotAllowed, match="cannot tell who you are"):
        check(Verb.SEE, None, ask=ADMINS)


def test_refusal_says_what_it_takes_and_what_one_is() -> None:
    """Who reads it knows what to ask for."""
    with pytest.raises(NotAllowed, match="that takes an operator, and you are a viewer\\."):
        check(Verb.RUN, Role.VIEWER, ask=ADMINS)
    for name, where in (("staging", "on `staging`"), ("", "everywhere")):
        words = f"trust a host key: that takes an admin {where}, and you are an operator there."
        with pytest.raises(NotAllowed) as refused:
            check(Verb.TRUST, Role.OPERATOR, ask=ADMINS, where=on(name))
        assert refused.value.message.endswith(words)


def test_refusal_without_any_admin_says_how_to_name_one() -> None:
    """A fresh installation explains its own gap."""
    assert "FERRY_ADMINS=" in whom_to_ask([])
    assert whom_to_ask(["cli:root", "UADMIN"]) == "Ask <@UADMIN>."
    assert whom_to_ask({"UADMIN", "UZOE"}, first="UZOE") == "Ask <@UZOE> or <@UADMIN>."


def test_nobody_runs_in_an_environment_that_is_switched_off() -> None:
    """A switched-off environment is named in the refusal."""
    check_is_open(STAGING)
    with pytest.raises(NotAllowed, match="`staging` is switched off"):
        check_is_open(replace(STAGING, is_active=False))


@pytest.mark.parametrize("user_id", ["UANN", "UCONFIRMED", "UTWO"])
def test_a_run_is_of_those_who_asked_for_it_or_confirmed_it(user_id: str) -> None:
    """Whoever is responsible for the run may stop it."""
    run = replace(RUN, answered_by="UCONFIRMED", confirmed_by=("UTWO",))

    assert cancel_verb(Person(user_id), run) is Verb.CANCEL_OWN


@pytest.mark.parametrize("user_id", ["UBOB", ""])
def test_a_run_is_not_of_others_who_learn_whom_to_ask(user_id: str) -> None:
    """The refusal names the run, its requester and the admins."""
    assert cancel_verb(Person(user_id), RUN) is Verb.CANCEL

    refusal = not_yours(RUN, ADMINS)

    assert "#128 belongs to <@UANN>" in refusal.message
    assert refusal.hint == "Ask <@UADMIN> or <@UANN>."


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (Status.RUNNING, "only they, whoever confirmed it, or an admin may cancel it."),
        (
            Status.AWAITING_CONFIRMATION,
            "only they, whoever may confirm it, or an admin may discard it.",
        ),
    ],
)
def test_the_refusal_names_what_was_pressed(status: Status, words: str) -> None:
    """Before it begins the button says *Discard*, and nobody has confirmed it."""
    assert words in not_yours(replace(RUN, status=status), ADMINS).message

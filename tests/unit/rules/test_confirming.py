from collections.abc import Collection
from dataclasses import replace
from typing import Any

import pytest

from db.model.catalog import ConfirmationPolicy, EnvironmentDraft, Kind
from db.model.errors import NotAllowed
from db.model.execution import Execution
from db.model.grants import EVERYWHERE, Grant, Holder, Role
from db.model.people import Person
from executor.rules.confirming import (
    Answerers,
    Terms,
    answerers,
    check_may_answer,
    missing,
    terms_at_asking,
    terms_in_force,
    terms_of,
)
from tests.unit.rules.samples import NOON, RUN

POLICY = ConfirmationPolicy
ADMINS = frozenset({"UADMIN"})
EDITOR = "UEDITOR"
REQUESTER_TERMS = Terms(policy=POLICY.REQUESTER)
SOMEONE_ELSE = Terms(policy=POLICY.SOMEONE_ELSE)
GROUP = Terms(policy=POLICY.GROUP, needed=2, group="SOPS")
PEOPLE = {
    "requester": (Person("UANN", "T1"), Role.OPERATOR),
    "requester who is an admin": (Person("UANN", "T1"), Role.ADMIN),
    "requester in the group": (Person("UANN", "T1", frozenset({"SOPS"})), Role.APPROVER),
    "editor": (Person(EDITOR, "T1", frozenset({"SOPS"})), Role.ADMIN),
    "admin": (Person("UADMIN", "T1"), Role.ADMIN),
    "approver": (Person("UBOB", "T1"), Role.APPROVER),
    "operator": (Person("UBOB", "T1"), Role.OPERATOR),
    "viewer": (Person("UBOB", "T1"), Role.VIEWER),
    "viewer in the group": (Person("UBOB", "T1", frozenset({"SOPS"})), Role.VIEWER),
    "approver in another group": (Person("UBOB", "T1", frozenset({"SDEV"})), Role.APPROVER),
    "nobody": (Person(""), None),
    "nobody in the group": (Person("", "T1", frozenset({"SOPS"})), None),
}
MAY = {
    POLICY.NONE: {"requester", "requester who is an admin", "requester in the group"},
    POLICY.REQUESTER: {"requester", "requester who is an admin", "requester in the group"},
    POLICY.SOMEONE_ELSE: {"admin", "approver", "approver in another group"},
    POLICY.GROUP: {"viewer in the group"},
}


def environment(
    policy: ConfirmationPolicy, kind: Kind = Kind.PRODUCTION, **other: Any
) -> EnvironmentDraft:
    """Return an environment with that policy."""
    return EnvironmentDraft(
        name="production", kind=kind, ssh_host="h", ssh_user="u", confirmation=policy, **other
    )


def asked_under(terms: Terms, **other: Any) -> Execution:
    """Return a run that was asked for while *terms* held."""
    return replace(
        RUN,
        confirmation=terms.policy,
        confirmations=terms.needed,
        confirm_group=terms.group,
        **other,
    )


def check(who: str, terms: Terms, ask: Collection[str] = ADMINS, **changes: Any) -> None:
    """Let *who* of the table answer."""
    person, role = PEOPLE[who]
    run = replace(asked_under(terms), **changes)
    check_may_answer(person, run, terms, role=role, editor=EDITOR, ask=ask)


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("policy", POLICY)
def test_policy_says_who_may_answer(policy: ConfirmationPolicy, who: str) -> None:
    """Every policy against everybody there is: those of the table may, nobody else."""
    terms = GROUP if policy is POLICY.GROUP else Terms(policy=policy)

    if who in MAY[policy]:
        check(who, terms)
        return
    with pytest.raises(NotAllowed):
        check(who, terms)


@pytest.mark.parametrize(
    ("who", "terms", "told", "hint"),
    [
        ("requester who is an admin", SOMEONE_ELSE, "You asked for run #128", "Ask <@UADMIN>."),
        ("editor", SOMEONE_ELSE, "last to edit `import-patients`", "Ask <@UADMIN>."),
        ("operator", SOMEONE_ELSE, "an approver on `staging`, and you are", "<@UADMIN>"),
        ("requester in the group", GROUP, "You asked for run #128", "Ask <!subteam^SOPS>."),
        ("editor", GROUP, "last to edit", "Ask <!subteam^SOPS>."),
        ("approver", GROUP, "you are not in it", "Ask <!subteam^SOPS>."),
        ("approver", REQUESTER_TERMS, "confirmation of <@UANN>", "run of your own"),
        ("nobody", GROUP, "cannot tell who you are", "not by bots"),
    ],
)
def test_refusal_says_why_and_whom_to_ask(who: str, terms: Terms, told: str, hint: str) -> None:
    """Never the requester nor the editor as the one to ask."""
    with pytest.raises(NotAllowed) as refused:
        check(who, terms, ask={"UADMIN", "UANN", EDITOR})

    assert told in refused.value.message
    assert hint in refused.value.hint


def test_where_nobody_else_may_yet_the_way_out_is_told() -> None:
    """An installation with one admin, who asked."""
    with pytest.raises(NotAllowed) as refused:
        check("requester who is an admin", SOMEONE_ELSE, ask={"UANN", "cli:root"})

    assert "/migrate grant" in refused.value.hint


def test_what_an_operator_asked_for_is_confirmed_by_an_admin() -> None:
    """Nobody in Slack asked for it."""
    check("admin", REQUESTER_TERMS, requested_by="cli:root")
    with pytest.raises(NotAllowed, match="only an admin on `staging`"):
        check("approver", REQUESTER_TERMS, requested_by="cli:root")


@pytest.mark.parametrize(
    ("policy", "kind", "asked"),
    [
        (POLICY.NONE, Kind.STAGING, POLICY.NONE),
        (POLICY.NONE, Kind.DEVELOPMENT, POLICY.NONE),
        (POLICY.NONE, Kind.PRODUCTION, POLICY.REQUESTER),
        (POLICY.SOMEONE_ELSE, Kind.STAGING, POLICY.SOMEONE_ELSE),
        (POLICY.SOMEONE_ELSE, Kind.PRODUCTION, POLICY.SOMEONE_ELSE),
    ],
)
def test_production_always_asks(
    policy: ConfirmationPolicy, kind: Kind, asked: ConfirmationPolicy
) -> None:
    """Whatever its row says; everything else asks what it says, of one person."""
    assert terms_of(environment(policy, kind, confirmations=3)) == Terms(policy=asked)


def test_a_group_says_yes_by_number() -> None:
    """At least one, whatever the row says."""
    of = environment(POLICY.GROUP, confirmations=2, confirm_group="SOPS")

    assert terms_of(of) == GROUP
    assert terms_of(replace(of, confirmations=0)).needed == 1


@pytest.mark.parametrize(
    ("then", "now", "in_force"),
    [
        pytest.param(REQUESTER_TERMS, SOMEONE_ELSE, SOMEONE_ELSE, id="stricter today"),
        pytest.param(SOMEONE_ELSE, REQUESTER_TERMS, SOMEONE_ELSE, id="stricter then"),
        pytest.param(GROUP, replace(GROUP, needed=3), replace(GROUP, needed=3), id="more today"),
        pytest.param(GROUP, replace(GROUP, needed=1), GROUP, id="more then"),
        pytest.param(
            GROUP,
            replace(GROUP, group="SDEV", needed=1),
            replace(GROUP, group="SDEV", needed=1),
            id="another group today",
        ),
    ],
)
def test_the_stricter_terms_are_in_force(then: Terms, now: Terms, in_force: Terms) -> None:
    """What the card promised still holds; what was made stricter since holds, too."""
    today = environment(now.policy, confirmations=now.needed, confirm_group=now.group)

    assert terms_at_asking(asked_under(then)) == then
    assert terms_in_force(asked_under(then), today) == in_force


def test_how_many_are_missing_never_goes_below_none() -> None:
    """Of two, one said yes; a third yes is not minus one."""
    assert missing(asked_under(GROUP, confirmed_by=("U1",))) == 1
    assert missing(asked_under(GROUP, confirmed_by=("U1", "U2", "U3"))) == 0


def grant(subject: str, role: Role, kind: Holder = Holder.PERSON, where: int = EVERYWHERE) -> Grant:
    """Return a grant."""
    return Grant(
        id=1,
        kind=kind,
        subject=subject,
        environment_id=where,
        role=role,
        granted_by="UADMIN",
        created_at=NOON,
    )


GRANTS = [
    grant("UANN", Role.APPROVER),
    grant(EDITOR, Role.APPROVER),
    grant("UBOB", Role.APPROVER, where=1),
    grant("UFAR", Role.APPROVER, where=2),
    grant("UOPS", Role.OPERATOR),
    grant("SOPS", Role.APPROVER, Holder.GROUP),
    grant("", Role.APPROVER, Holder.EVERYONE),
]


@pytest.mark.parametrize(
    ("terms", "asked_by", "called"),
    [
        (REQUESTER_TERMS, "UANN", Answerers(people=("UANN",))),
        (REQUESTER_TERMS, "cli:root", Answerers(people=("UADMIN",))),
        (SOMEONE_ELSE, "UANN", Answerers(people=("UADMIN", "UBOB"), groups=("SOPS",))),
        (GROUP, "UANN", Answerers(groups=("SOPS",))),
    ],
)
def test_those_who_may_answer_are_called(terms: Terms, asked_by: str, called: Answerers) -> None:
    """Neither requester nor editor, nobody of elsewhere, and never everyone at once."""
    run = asked_under(terms, requested_by=asked_by)

    assert answerers(run, editor=EDITOR, grants=GRANTS, admins=ADMINS) == called

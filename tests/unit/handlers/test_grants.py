"""The list of roles and its form stay within Slack's limits, and say all of it in words."""

from datetime import UTC, datetime

import pytest

from db.model.catalog import Environment, Kind
from db.model.grants import EVERYWHERE, Grant, Holder, Role, Subject
from db.model.people import Person
from executor.services.grants import Change, Roles
from handlers.views import grants as views
from playground.blocks import check_message_blocks
from playground.view_rules import check_view

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
READER = Person("U0ANA", "T0FERRY")
LONG = "a-name-that-is-as-long-as-the-name-of-an-environment-may-be-ever"[:63]


def environment(number: int, name: str = LONG) -> Environment:
    """Return an environment."""
    return Environment(
        id=number,
        name=name,
        kind=Kind.STAGING,
        ssh_host="h",
        ssh_user="u",
        created_at=NOON,
        updated_at=NOON,
    )


def grant(number: int, where: int = 1, role: Role = Role.APPROVER, subject: str = "") -> Grant:
    """Return a grant to somebody."""
    return Grant(
        id=number,
        kind=Holder.PERSON,
        subject=subject or f"U0{number:06}",
        environment_id=where,
        role=role,
        granted_by="cli:root",
        created_at=NOON,
    )


def roles(*grants: Grant, places: frozenset[int] = frozenset({EVERYWHERE, 1})) -> Roles:
    """Return what a list is made of."""
    return Roles(
        admins=frozenset(),
        everyone=Role.OPERATOR,
        grants=grants,
        environments=(environment(1),),
        places=places,
    )


def test_many_roles_fit_one_message_and_say_how_many_are_left() -> None:
    """Slack takes 50 blocks; nothing is left out in silence."""
    told = views.roles(roles(*(grant(n) for n in range(1, 71))), READER, receipt="Done.")

    check_message_blocks(told.blocks)
    assert "and 30 more" in str(told.blocks)
    assert "Grant a role…" in str(told.blocks[-1])
    assert told.text.startswith("Done. Roles: 70.")


def test_roles_of_an_environment_that_is_gone_are_left_out() -> None:
    """They count nowhere."""
    told = views.roles(roles(grant(1, where=99)), READER)

    assert "Nobody was given a role yet" in told.text


def test_without_an_admin_it_says_how_one_is_named() -> None:
    """A fresh installation explains its own gap; who may grant nothing gets no buttons."""
    told = views.roles(roles(places=frozenset()), READER)

    assert "nobody; FERRY_ADMINS names them" in told.text
    assert "button" not in str(told.blocks)


def test_taking_one_s_own_admin_role_is_warned_of_before() -> None:
    """The dialog of that row, and of no other, says who can give it back."""
    own = views.roles(roles(grant(1, EVERYWHERE, Role.ADMIN, "U0ANA")), READER)
    lower = views.roles(roles(grant(1, EVERYWHERE, Role.OPERATOR, "U0ANA")), READER)
    other = views.roles(roles(grant(1, EVERYWHERE, Role.ADMIN)), READER)

    assert "only another admin can give it back" in str(own.blocks)
    assert "only another admin" not in str(lower.blocks) + str(other.blocks)


def test_button_says_what_was_seen() -> None:
    """From whom, where, which role."""
    told = views.roles(roles(grant(7)), READER)
    (value,) = [b["accessory"]["value"] for b in told.blocks if "accessory" in b]

    assert views.seen(value) == (Subject(Holder.PERSON, "U0000007"), LONG, Role.APPROVER)


@pytest.mark.parametrize("groups", [{}, {f"S{n:010}": "handle" * 10 for n in range(150)}])
def test_form_is_one_that_slack_takes(groups: dict[str, str]) -> None:
    """With no group and with more than a menu holds."""
    view = views.grant_modal(roles(), groups, trouble="" if groups else "No <!channel> groups.")

    check_view(view, "modal")
    assert "<!channel>" not in str(view)
    assert [one["value"] for one in view["blocks"][-1]["element"]["options"]] == [
        "everywhere",
        LONG,
    ]


@pytest.mark.parametrize(
    ("everyone", "hint"),
    [
        pytest.param(Role.VIEWER, "", id="more than everyone"),
        pytest.param(Role.OPERATOR, "makes no difference until", id="the same as everyone"),
        pytest.param(Role.ADMIN, "Everyone is an admin there", id="less than everyone"),
    ],
)
def test_role_that_everyone_has_says_that_it_makes_no_difference(everyone: Role, hint: str) -> None:
    """It is taken, and the line that would make it count stands there."""
    change = Change(
        subject=Subject(Holder.PERSON, "U0BRUNO"),
        environment=environment(1, "staging"),
        before=None,
        after=Role.OPERATOR,
        everyone=everyone,
        is_admin_by_settings=False,
        is_own=False,
    )

    told = views.given(change)

    assert hint in told.text
    assert ("/migrate grant everyone viewer staging" in told.text) is bool(hint)

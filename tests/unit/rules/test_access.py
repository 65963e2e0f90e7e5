from dataclasses import replace

import pytest

from db.model.errors import NotAllowed
from db.model.people import Person
from executor.rules import access
from tests.unit.rules.samples import RUN, STAGING

ADMINS = {"UADMIN"}


@pytest.mark.parametrize("user_id", ["UADMIN", "cli:root"])
def test_admin_and_operator_pass(user_id: str) -> None:
    """Named admins, and whoever sits at Ferry's own machine, may administer."""
    access.check_admin(Person(user_id), ADMINS)


def test_operator_is_nobody_who_comes_from_slack() -> None:
    """Whoever writes from a workspace has its team, whatever their id looks like."""
    with pytest.raises(NotAllowed):
        access.check_admin(Person("cli:root", "T0FERRY"), ADMINS)


@pytest.mark.parametrize("user_id", ["UANN", ""])
def test_others_are_told_which_admin_to_ask(user_id: str) -> None:
    """A refusal names who could do it."""
    with pytest.raises(NotAllowed) as refused:
        access.check_admin(Person(user_id), ADMINS)

    assert refused.value.hint == "Ask <@UADMIN>."


def test_refusal_without_any_admin_says_how_to_name_one() -> None:
    """A fresh installation explains its own gap."""
    with pytest.raises(NotAllowed) as refused:
        access.check_admin(Person("UANN"), [])

    assert "FERRY_ADMINS=" in refused.value.hint


def test_nobody_is_not_an_admin_through_a_stray_comma() -> None:
    """``FERRY_ADMINS=U1,`` names no second admin without an id."""
    with pytest.raises(NotAllowed):
        access.check_admin(Person(""), ["UADMIN", ""])


def test_anybody_may_run_in_an_active_environment() -> None:
    """Being in the bound channel is the permission to ask."""
    access.check_may_run(Person("UBOB"), STAGING)


def test_nobody_runs_in_an_environment_that_is_switched_off() -> None:
    """A switched-off environment is named in the refusal."""
    closed = replace(STAGING, is_active=False)

    with pytest.raises(NotAllowed, match="`staging` is switched off"):
        access.check_may_run(Person("UBOB"), closed)


def test_somebody_unknown_runs_nothing() -> None:
    """A request without a person behind it starts nothing."""
    with pytest.raises(NotAllowed, match="nothing was started"):
        access.check_may_run(Person(""), STAGING)


@pytest.mark.parametrize("user_id", ["UANN", "UCONFIRMED", "UADMIN", "cli:root"])
def test_owner_confirmer_and_admin_may_cancel(user_id: str) -> None:
    """Whoever is responsible for the run may stop it."""
    access.check_may_cancel(Person(user_id), replace(RUN, answered_by="UCONFIRMED"), ADMINS)


@pytest.mark.parametrize("user_id", ["UBOB", ""])
def test_others_may_not_cancel_and_learn_whom_to_ask(user_id: str) -> None:
    """The refusal names the run, its requester and the admins."""
    with pytest.raises(NotAllowed) as refused:
        access.check_may_cancel(Person(user_id), RUN, ADMINS)

    assert "#128 belongs to <@UANN>" in refused.value.message
    assert refused.value.hint == "Ask <@UADMIN> or <@UANN>."

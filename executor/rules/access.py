"""Who may do what, decided at the click by the person's id; views only mirror it."""

from collections.abc import Collection

from db.model.catalog import Environment
from db.model.errors import NotAllowed
from db.model.execution import Execution
from db.model.people import Person


def check_admin(person: Person, admins: Collection[str]) -> None:
    """Raise NotAllowed unless *person* is one of *admins* (user ids) or at Ferry's command line."""
    if not _is_admin(person, admins):
        raise NotAllowed("Only an admin of Ferry may do this.", hint=_whom_to_ask(admins))


def check_may_run(person: Person, environment: Environment) -> None:
    """Raise NotAllowed unless *person* may launch in *environment*.

    Whoever is in a bound channel may ask; production is protected by its confirmation.
    """
    if not person.user_id:
        raise NotAllowed(
            "Ferry cannot tell who you are, so nothing was started.",
            hint="Runs are started by people of this workspace, not by bots or workflows.",
        )
    if not environment.is_active:
        raise NotAllowed(
            f"The environment `{environment.name}` is switched off: nothing starts there.",
            hint="Ask an admin of Ferry to switch it on, or bind this channel to another one.",
        )


def check_may_confirm(person: Person, execution: Execution, admins: Collection[str]) -> None:
    """Raise NotAllowed unless *person* asked for the run: who asks says that it is meant.

    What was asked for at the command line is confirmed by an admin.
    """
    asked_by = execution.requested_by
    if not _is_in_slack(asked_by):
        check_admin(person, admins)
    elif person.user_id != asked_by:
        raise NotAllowed(
            f"Run #{execution.id} waits for the confirmation of <@{asked_by}>, who asked for it.",
            hint="Ask for a run of your own, and confirm that.",
        )


def check_may_cancel(person: Person, execution: Execution, admins: Collection[str]) -> None:
    """Raise NotAllowed unless *person* asked for the run, confirmed it, or is an admin."""
    owners = {execution.requested_by, execution.answered_by} - {""}
    if person.user_id in owners or _is_admin(person, admins):
        return
    raise NotAllowed(
        f"Run #{execution.id} belongs to <@{execution.requested_by}>: only they, whoever confirmed "
        "it, or an admin may cancel it.",
        hint=_whom_to_ask({*owners, *admins}),
    )


def _is_admin(person: Person, admins: Collection[str]) -> bool:
    return person.is_operator or (person.user_id != "" and person.user_id in admins)


def _whom_to_ask(user_ids: Collection[str]) -> str:
    people = [f"<@{user_id}>" for user_id in sorted(user_ids) if _is_in_slack(user_id)]
    if not people:
        return (
            "No admin is named yet: set FERRY_ADMINS=U012AB3CD (Slack user ids) and restart Ferry."
        )
    return f"Ask {' or '.join(people)}."


def _is_in_slack(user_id: str) -> bool:
    return user_id != "" and not user_id.startswith("cli:")

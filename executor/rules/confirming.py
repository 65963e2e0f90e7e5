"""Who may say yes to a run: what the environment's policy asks of the person who presses."""

from db.model.errors import NotAllowed
from db.model.execution import Execution
from db.model.grants import Role
from db.model.people import Person
from executor.rules.access import is_in_slack


def check_requester(person: Person, execution: Execution, role: Role) -> None:
    """Raise NotAllowed unless *person* asked for the run: who asks says that it is meant.

    What was asked for at the command line is confirmed by an admin.
    """
    asked_by = execution.requested_by
    if not is_in_slack(asked_by):
        if role is not Role.ADMIN:
            raise NotAllowed("Only an admin of Ferry may do this.")
    elif person.user_id != asked_by:
        raise NotAllowed(
            f"Run #{execution.id} waits for the confirmation of <@{asked_by}>, who asked for it.",
            hint="Ask for a run of your own, and confirm that.",
        )

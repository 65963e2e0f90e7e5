"""Who asks: a person is known by id and team, never by name."""

from dataclasses import dataclass

from db.model.errors import Unavailable


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in Slack, or the operator at the command line (``cli:<login>``)."""

    user_id: str
    team_id: str = ""
    groups: frozenset[str] = frozenset()  #: ids of the user groups they are in, as Slack says
    knows_groups: bool = True  #: False: Slack did not say, and *groups* is empty for that reason

    @property
    def is_operator(self) -> bool:
        """Whether this is somebody at the command line of Ferry's own machine.

        They have no team; who comes from Slack always has one, whatever their id looks like.
        """
        return self.user_id.startswith("cli:") and not self.team_id

    def is_in(self, group: str) -> bool:
        """Return whether they are in the user group; Unavailable if Slack did not say."""
        if not self.knows_groups:
            raise groups_unsaid()
        return group in self.groups


def groups_unsaid() -> Unavailable:
    """Return the refusal of what depends on a user group while nobody knows who is in it."""
    return Unavailable(
        "Slack did not say who is in which user group, and that decides here, so nothing was done.",
        hint="Try again in a minute. If it stays so, `ferry check` says what is wrong.",
    )

"""Who asks: a person is known by id and team, never by name."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in Slack, or the operator at the command line (``cli:<login>``)."""

    user_id: str
    team_id: str = ""
    groups: frozenset[str] = frozenset()  #: ids of the user groups they are in, as Slack says

    @property
    def is_operator(self) -> bool:
        """Whether this is somebody at the command line of Ferry's own machine.

        They have no team; who comes from Slack always has one, whatever their id looks like.
        """
        return self.user_id.startswith("cli:") and not self.team_id

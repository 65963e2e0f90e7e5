"""Who asks: a person is known by id and team, never by name."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in Slack, or the operator at the command line (``cli:<login>``)."""

    user_id: str
    team_id: str = ""

    @property
    def is_operator(self) -> bool:
        """Whether this is somebody at the command line of Ferry's own machine."""
        return self.user_id.startswith("cli:")

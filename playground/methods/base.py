"""What all methods share: how they are declared and how they read their arguments."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playground.core import Core
from playground.errors import Json, SlackError


class Args(dict[str, Any]):
    """The arguments of a call; nested values may come as JSON texts."""

    def text(self, name: str) -> str:
        """Return an argument as text, empty if it is absent."""
        value = self.get(name)
        return "" if value is None else str(value)

    def required(self, name: str) -> str:
        """Return an argument that must be there."""
        if not self.text(name):
            sentence = f"missing required field: {name} [json-pointer:/{name}]"
            raise SlackError("invalid_arguments", sentence)
        return self.text(name)

    def flag(self, name: str) -> bool:
        """Return a yes or no."""
        return self.text(name).lower() in ("1", "true")

    def parsed(self, name: str) -> Any:
        """Return a nested argument; None if it is absent or empty."""
        value = self.get(name)
        if not isinstance(value, str) or not value:
            return value or None
        try:
            return json.loads(value)
        except ValueError:
            format_error = "invalid_blocks_format" if name == "blocks" else "invalid_arguments"
            raise SlackError(format_error) from None


@dataclass(frozen=True)
class Method:
    """One method: any of *scopes* opens it; *tier* is its rate limit, 0 for a generous one."""

    answer: Callable[[Core, Args], Json]
    tier: int = 0
    scopes: tuple[str, ...] = ()
    wants_app_token: bool = False

"""What every repository has: the session, the clock, and the way from a row to a frozen value."""

import dataclasses
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from db.session import Session

V = TypeVar("V")


class Repository:
    """SQL of one thing that is asked; never commits."""

    def __init__(self, session: Session, clock: Callable[[], datetime]) -> None:
        self._session = session
        self._now = clock


def fill(kind: type[V], row: Mapping[str, Any], /, **other: Any) -> V:
    """Return a *kind* with its fields taken from *row*, then from *other*, which wins."""
    names = {field.name for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    values = {name: row[name] for name in names if name in row}
    return kind(**(values | other))

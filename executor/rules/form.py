"""Reads text fields one after the other and keeps every complaint, so that all are told at once."""

from collections.abc import Callable, Collection, Mapping
from typing import TypeVar

from db.model.errors import InvalidInput
from executor.rules.names import did_you_mean, quoted
from executor.rules.problems import refuse_if_any

T = TypeVar("T")


class Form:
    """The text fields of *raw*, of which only those in *known* may be there."""

    def __init__(self, raw: Mapping[str, str], known: Collection[str]) -> None:
        self._raw = raw
        self._problems: dict[str, str] = {}
        for name in raw:
            if name not in known:
                hint = did_you_mean(name, known) or f"They are: {', '.join(sorted(known))}."
                self._problems[name] = f"{quoted(name)} is not a field here. {hint}"

    def take(self, name: str, read: Callable[[str], T], default: T) -> T:
        """Return field *name* as *read* reads it; *default* if it is blank or wrong."""
        text = self._raw.get(name, "").strip()
        if not text:
            return default
        try:
            return read(text)
        except InvalidInput as error:
            self._problems[name] = error.message
            return default

    def need(self, name: str, read: Callable[[str], T], otherwise: T, *, example: str) -> T:
        """Return field *name* as *read* reads it; blank is refused, with *example*."""
        if not self._raw.get(name, "").strip():
            self._problems[name] = f"This is required, for example {example}."
        return self.take(name, read, otherwise)

    def says(self, name: str) -> bool:
        """Return whether field *name* is there, perhaps blank."""
        return name in self._raw

    def is_refused(self, name: str) -> bool:
        """Return whether field *name* was found wrong."""
        return name in self._problems

    def refuse(self, name: str, problem: str) -> None:
        """Keep *problem* for field *name*, unless there is one already."""
        self._problems.setdefault(name, problem)

    def close(self) -> None:
        """Raise InvalidInput with every sentence, by field name; return if there is none."""
        refuse_if_any(self._problems, intro="{count} fields need another look:")

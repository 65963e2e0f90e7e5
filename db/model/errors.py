"""What can go wrong, named so that a person knows what to do next.

FerryError
├── InvalidInput         retype it: `fields` says which value and what was expected
├── NotFound             there is no such thing: the nearest names are in the hint
├── Conflict             it exists, but is no longer (or not yet) in a state that allows this
│   ├── Unbound          the channel runs in no environment (executor/services/bindings.py)
│   ├── Locked           nothing starts in the environment now (executor/services/closing.py)
│   └── Duplicate        the same waits already (executor/services/asking.py)
├── NotAllowed           this person may not do this
│   └── CodeNeeded       not without a code (executor/services/second_factors.py)
├── Unavailable          the database or Slack does not answer: try again
├── Unreadable           another version of Ferry wrote it (db/repos/execution_rows.py)
├── LeaseLost            another worker owns the run now: stop writing
└── AttemptError         an attempt failed: `category` and `detail` are stored with it
    └── StartUncertain   it may run all the same: ask the host (executor/ssh/errors.py)
"""

from collections.abc import Mapping

from db.model.categories import Category


class FerryError(Exception):
    """An expected failure: shown to people as it stands, logged without a traceback.

    *message* is a whole sentence that says what was wrong; *hint* says what to do.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class InvalidInput(FerryError):
    """What a person gave is not usable; *fields* maps the name of each field to its sentence."""

    def __init__(
        self, message: str, *, hint: str = "", fields: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.fields: Mapping[str, str] = fields or {}


class NotFound(FerryError):
    """There is no such thing."""


class Conflict(FerryError):
    """The thing is not in a state that allows this any more (or yet)."""


class NotAllowed(FerryError):
    """The person may not do that."""


class Unavailable(FerryError):
    """What Ferry depends on does not answer; the message says whether something was changed."""


class Unreadable(FerryError):
    """Another version of Ferry wrote it, and this one does not understand it."""


class LeaseLost(FerryError):
    """Another worker owns the run now; whoever gets this stops writing at once."""


class AttemptError(FerryError):
    """An attempt failed; *detail* is the finer code beside the category ("DNS", "CHANGED", …).

    *retry_safe* is True only where the script cannot have started.
    """

    def __init__(
        self,
        category: Category,
        message: str,
        *,
        detail: str = "",
        hint: str = "",
        retry_safe: bool = False,
    ) -> None:
        super().__init__(message, hint=hint)
        self.category = category
        self.detail = detail
        self.retry_safe = retry_safe

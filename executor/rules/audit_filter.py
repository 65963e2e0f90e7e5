"""What people type to see a part of the audit log: ``staging lock since 2026-11-01``."""

import re
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from db.model.audit import AuditFilter
from db.model.errors import InvalidInput
from executor.rules.names import did_you_mean, quoted

SINCE = "since"
EXAMPLES = (
    "Filter by a run (`#128`), a person (`@ana`), an environment (`staging`), a kind of event "
    "(`execution`, `confirmed`) or `since 2026-11-01`; several together are fine."
)
_RUN = re.compile(r"#([0-9]{1,15})")
_PERSON = re.compile(r"<?@?([UW][A-Z0-9]{2,30})(?:\|[^<>|]{0,80})?>?")
_AT_FERRY = re.compile(r"ferry|cli:[\w.@-]{1,60}")
_PART = re.compile(r"[._]")
_DAY = timedelta(days=1)


def audit_filter(
    words: Sequence[str], *, environments: Collection[str], verbs: Collection[str]
) -> AuditFilter:
    """Return the filter that *words* ask for; *environments* and *verbs* are what there is.

    Raises InvalidInput for a word that is none, with examples, and for one that is given twice.
    """
    found: dict[str, Any] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word.lower() == SINCE:
            meant: tuple[str, Any] = (SINCE, moment(rest.pop(0) if rest else ""))
        else:
            meant = _meant(word, environments, verbs)
        name, value = meant
        if found.setdefault(name, value) is not value:
            raise InvalidInput(
                f"{quoted(word)} is one too many: each kind of filter can be given once.",
                hint=EXAMPLES,
            )
    return AuditFilter(**found)


def moment(text: str, *, is_end: bool = False) -> datetime:
    """Return the moment in ``2026-11-01`` or ``2026-11-01T10:00``, UTC where no zone is given.

    *is_end*: of a whole day its end.
    """
    try:
        found = datetime.fromisoformat(text)
        found = found if found.tzinfo else found.replace(tzinfo=UTC)
        is_day = len(text) <= len("2026-11-01")
        return (found + _DAY if is_end and is_day else found).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidInput(
            f"{quoted(text)} is no date." if text else "A date is missing there.",
            hint="Write it as `2026-11-01`, or with the time in UTC as `2026-11-01T10:00`.",
        ) from None


def _meant(
    word: str, environments: Collection[str], verbs: Collection[str]
) -> tuple[str, str | tuple[str, ...]]:
    """Return what *word* is a filter of, and its value there."""
    if run := _RUN.fullmatch(word):
        return "subject", run[1]
    if person := _PERSON.fullmatch(word):
        return "actor", person[1]
    if _AT_FERRY.fullmatch(word):
        return "actor", word
    folded = word.lower()
    if folded in environments:
        return "environment", folded
    if kinds := _kinds(folded, verbs):
        return "verbs", kinds
    known = {part for verb in verbs for part in (verb, *verb.split("."))} | set(environments)
    nearest = did_you_mean(word, known)
    raise InvalidInput(
        f"Nothing in the audit log is called {quoted(word)}.", hint=f"{nearest} {EXAMPLES}".strip()
    )


def _kinds(word: str, verbs: Collection[str]) -> tuple[str, ...]:
    """Return the *verbs* that are *word*, or have it in them: ``environment.host_key_trusted``."""
    spelled = word.replace("-", "_")

    return tuple(verb for verb in verbs if spelled in {verb, *verb.split("."), *_PART.split(verb)})

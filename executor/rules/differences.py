"""What is no longer as it was confirmed, in the words of people."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from db.model.execution import Measured, Plan
from executor.rules.durations import words
from executor.rules.host_keys import fingerprints
from executor.rules.sizes import size_words

_SHORT = 12  # hex digits that people compare
_NOTHING = "(none)"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing, as it was and as it is."""

    what: str
    before: str
    after: str


def differences(old: Plan, new: Plan) -> list[Difference]:
    """Return what *new* has otherwise than *old*, in the order in which a plan is read.

    What was not measured before is no difference.
    """
    found = []
    for name, (what, shown) in _FIELDS.items():
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            found.append(Difference(what, shown(before), shown(after)))
    if old.measured and new.measured:
        found += _measured(old.measured, new.measured)
    return found


def _measured(old: Measured, new: Measured) -> Iterator[Difference]:
    if old.script != new.script:
        yield Difference("the script really is", old.script, new.script)
    if old.sha256 != new.sha256:
        yield Difference("content of the script", _content(old), _content(new))
    if old.interpreter != new.interpreter:
        yield Difference(
            "the interpreter really is", _text(old.interpreter), _text(new.interpreter)
        )
    if old.interpreter_version != new.interpreter_version:
        before, after = _text(old.interpreter_version), _text(new.interpreter_version)
        yield Difference("version of the interpreter", before, after)
    if (old.revision, old.is_dirty) != (new.revision, new.is_dirty):
        yield Difference("git revision", revision_words(old), revision_words(new))


def revision_words(measured: Measured) -> str:
    """Return the commit of the checkout that the script lies in, and whether it has changes."""
    if not measured.revision:
        return _NOTHING
    dirty = " with uncommitted changes" if measured.is_dirty else ""
    return f"{measured.revision[:_SHORT]}{dirty}"


def short(sha256: str) -> str:
    """Return enough of a hash to compare by eye."""
    return f"{sha256[:_SHORT]}…"


def _content(measured: Measured) -> str:
    return f"sha256 {short(measured.sha256)}, {size_words(measured.size)}"


def _text(value: Any) -> str:
    return str(value) or _NOTHING


def _list(values: tuple[str, ...]) -> str:
    return ", ".join(values) or _NOTHING


def _count(values: tuple[str, ...]) -> str:
    return f"{len(values)} in all"  # a value may be personal


def _names(values: Mapping[str, str]) -> str:
    return ", ".join(values) or _NOTHING


def _duration(seconds: int | None) -> str:
    return _NOTHING if seconds is None else words(seconds)


_Shown = Callable[[Any], str]
_FIELDS: Mapping[str, tuple[str, _Shown]] = MappingProxyType(
    {
        "environment": ("environment", _text),
        "kind": ("kind of the environment", _text),
        "job": ("job", _text),
        "job_version": ("version of the job", _text),
        "host": ("host", _text),
        "port": ("port", _text),
        "user": ("user", _text),
        "proxy_jump": ("through", _text),
        "host_key": ("host key", fingerprints),
        "directory": ("directory", _text),
        "interpreter": ("interpreter", _text),
        "script": ("script", _text),
        "arguments": ("arguments", _count),
        "variables": ("environment variables", _names),
        "personal": ("what is personal of it", _list),
        "timeout_s": ("timeout", _duration),
        "grace_s": ("time from TERM to KILL", _duration),
        "attempts": ("attempts", _text),
        "retry_categories": ("tried again after", _list),
        "silence_s": ("silence", _duration),
        "silence_action": ("after a silence", _text),
    }
)

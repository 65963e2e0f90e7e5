"""What Slack shows in place of personal values: a hint, by which two people know it is the same.

``320623`` is shown as ``3•••23 (#a3f)``: its first character, its last two, and the beginning of a
keyed hash. The hint goes wherever the value would be read: not only where Ferry tells the
parameters, also in what the script said and in what somebody gave as the reason.
"""

import hashlib
import hmac
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any, TypeVar, cast

from executor.rules.masking import MASK, Mask

T = TypeVar("T")
_SHORT = 6  #: characters; of fewer, three would be half of it
_OF_DIGEST = 3
_LEAST_OF_HALF = 3  # characters of it
_LEAST_THAT_IS_CUT = 40  # characters: names of results
_CUT = "…"
_MARKED = "keyed-"  # no hash begins like this
#: What is no text about a value: ids, names, and definitions. Whatever is not listed is veiled.
_KEPT = frozenset(
    {
        *("id", "key", "team_id", "channel_id", "requested_by", "answered_by", "cancelled_by"),
        *("confirmed_by", "confirm_group", "overridden_by", "worker", "concurrency_key"),
        *("job_name", "environment_name", "plan_hash", "personal"),
        *("environment", "host", "user", "host_key", "proxy_jump", "job", "directory", "script"),
        *("interpreter", "retry_categories", "silence_action", "measured"),
    }
)


def digest(key: bytes, name: str, value: str) -> str:
    """Return the keyed hash (64 hex digits) of the *value* of a parameter; case does not matter."""
    normal = unicodedata.normalize("NFC", unicodedata.normalize("NFC", value).casefold())
    return hmac.new(key, f"{name}\0{normal}".encode(), hashlib.sha256).hexdigest()


def hint(key: bytes, name: str, value: str) -> str:
    """Return what is shown of a personal *value*; of a short one nothing but its hash."""
    mark = f"{MASK} (#{digest(key, name, value)[:_OF_DIGEST]})"
    shown = f"{value[0]}{MASK}{value[-2:]}{mark.removeprefix(MASK)}" if len(value) >= _SHORT else ""
    return shown if shown and value not in shown else mark


class Veil:
    """The hints of one execution, and the way to show them everywhere instead of the values."""

    def __init__(self, names: Collection[str], parameters: Mapping[str, str], key: bytes) -> None:
        self._key = key
        values = {name: parameters.get(name, "") for name in names}
        self._values = {name: value for name, value in values.items() if value}
        self.hints = {name: hint(key, name, value) for name, value in self._values.items()}
        #: hint and digest by name: what is kept where values are looked for
        self.rows = {
            name: (self.hints[name], digest(key, name, value))
            for name, value in self._values.items()
        }
        shown = {value: self.hints[name] for name, value in self._values.items()}
        self._mask = Mask(shown, any_case=True)

    def text(self, text: str) -> str:
        """Return *text* with a hint in place of each personal value."""
        *cut, last = self._mask.text(text).split(_CUT)
        for value in self._values.values():
            cut = [_without_half(part, value) for part in cut]
            last = _without_half(last, value) if len(text) >= _LEAST_THAT_IS_CUT else last
        return _CUT.join([*cut, last])

    def mark(self, plan_hash: str) -> str:
        """Return what stands in Slack for *plan_hash*, which is made of the values, too.

        Whoever knows the rest of the plan could try out values until it fits.
        """
        if not self._mask or plan_hash.startswith(_MARKED):
            return plan_hash
        return _MARKED + hmac.new(self._key, plan_hash.encode(), hashlib.sha256).hexdigest()

    def over(self, one: T) -> T:
        """Return *one*, a value of ``db.model.execution``, as Slack may show it."""
        return cast("T", self._over(one)) if self._mask else one

    def _over(self, one: Any) -> Any:
        if isinstance(one, str) and not isinstance(one, Enum):
            return self.text(one)
        if isinstance(one, Mapping):
            return {
                self._over(name): self.hints.get(name) or self._over(value)
                for name, value in one.items()
            }
        if isinstance(one, tuple | list):
            return type(one)(self._over(each) for each in one)
        if is_dataclass(one) and not isinstance(one, type):
            told = {item.name: getattr(one, item.name) for item in fields(one)}
            shown = {name: self._over(value) for name, value in told.items() if name not in _KEPT}
            if "plan_hash" in told:
                shown["plan_hash"] = self.mark(told["plan_hash"])
            return replace(one, **shown)
        return one


def _without_half(text: str, value: str) -> str:
    """Return *text* without the beginning of *value* at its very end: there it was cut."""
    for size in range(min(len(value) - 1, len(text)), _LEAST_OF_HALF - 1, -1):
        if text.endswith(value[:size]):
            return text[:-size] + MASK
    return text

"""What was noted with an event, as people say it: a label for each field, and its value in words.

The export has all of it as it was written.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from db.model.audit import AuditEvent
from db.model.catalog import ConfirmationPolicy
from executor.rules.durations import words
from executor.rules.host_keys import fingerprints
from handlers.views.blocks import clip, esc, group, when
from handlers.views.blocks import person as mention
from handlers.views.confirming import CONFIRMS

VALUE, MOST = 80, 10
_MOMENT = re.compile(r"[0-9]{4}(-[0-9]{2}){2}T[0-9:.]{5,15}(\+00:00|Z)?")

#: Field → its label; of what a form asks for, the form's. Others are their names, written apart.
LABELS: Mapping[str, str] = MappingProxyType(
    {
        "channel_id": "channel",
        "closed": "although it was",
        "confirm_group": "user group",
        "confirmation": "who confirms a run",
        "confirmations": "how many of the group",
        "confirmed_by": "said yes",
        "cron": "begins",
        "error_category": "why",
        "error_detail": "in detail",
        "events": "how many events",
        "filter": "only",
        "group": "user group",
        "job_version": "version of the job",
        "minutes": "lasts",
        "names": "which",
        "needed": "how many of the group",
        "policy": "who confirms a run",
        "receipt": "stopped",
        "role": "role",
        "time_zone": "time zone",
        "until": "until",
    }
)
#: After these there is nothing: the sentence says so, the fields say what there was.
_GONE = frozenset({"freeze.dropped", "grant.taken"})
#: What nothing means, where it means something.
_NOTHING = MappingProxyType({"until": "somebody opens it", "confirmed_by": "nobody"})


@dataclass(frozen=True, slots=True)
class Tongue:
    """How names and times are written: as Slack shows them, or plain."""

    text: Callable[[str], str]
    person: Callable[[str], str]
    channel: Callable[[str], str]
    group: Callable[[str], str]
    moment: Callable[[datetime], str]


PLAIN = Tongue(str, str, str, str, lambda moment: f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC")
SLACK = Tongue(esc, mention, lambda channel_id: f"<#{channel_id}>", group, when)


def change(event: AuditEvent, field: str, tongue: Tongue) -> str:
    """Return what a field is now, and what it was if it was noted; empty if that is the same.

    Of what is gone, what it was.
    """
    label = LABELS.get(field, field.removesuffix("_s").replace("_", " "))
    new = _value(field, event.after.get(field), tongue)
    if field not in event.before:
        return f"{tongue.text(label)}: {new}"
    old = _value(field, event.before[field], tongue)
    if event.verb in _GONE:
        return f"{tongue.text(label)}: {old}"
    return f"{tongue.text(label)}: {old} → {new}" if old != new else ""


def _value(field: str, value: Any, tongue: Tongue) -> str:
    if value is None or value in ([], ""):
        return _NOTHING.get(field, "none")
    match value:
        case bool():
            return "yes" if value else "no"
        case int() if field == "minutes" or field.endswith("_s"):
            return words(value * (60 if field == "minutes" else 1))
        case list():
            more = [f"and {len(value) - MOST} more"] if len(value) > MOST else []
            return ", ".join([*(_value(field, one, tongue) for one in value[:MOST]), *more])
        case Mapping():
            return _parts(field, value, tongue)
    return _word(field, str(value), tongue)


def _parts(field: str, value: Mapping[str, Any], tongue: Tongue) -> str:
    """Return what has names of its own: of what was closed, by whom and why."""
    if field == "closed" and value.keys() >= {"by", "reason", "is_freeze"}:
        what = "frozen" if value["is_freeze"] else "locked"
        why = tongue.text(clip(str(value["reason"]), VALUE))
        return f"{what} by {tongue.person(str(value['by']))}: {why}"
    told = (f"{key} {_value(key, one, PLAIN)}" for key, one in value.items())
    return tongue.text(clip(", ".join(told), VALUE))


def _word(field: str, value: str, tongue: Tongue) -> str:
    """Return a single value: whom and what it means, where that is known."""
    match field:
        case "confirmed_by":
            return tongue.person(value)
        case "channel_id" if re.fullmatch(r"[CGD][A-Z0-9]+", value):
            return tongue.channel(value)
        case "group" | "confirm_group":
            return tongue.group(value)
        case "policy" | "confirmation" if value in set(ConfirmationPolicy):
            value = CONFIRMS[ConfirmationPolicy(value)]
            value = value[:1].lower() + value[1:]
        case "host_key":
            value = fingerprints(value)
        case _ if _MOMENT.fullmatch(value) and (moment := _moment(value)):
            return tongue.moment(moment)
    return tongue.text(clip(value, VALUE))


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

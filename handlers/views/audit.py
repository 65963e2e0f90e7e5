"""The audit log in plain sentences, in Slack and at a terminal."""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from db.model.audit import FERRY, AuditEvent
from executor.rules.chain import subject
from handlers.views.aloud import aloud
from handlers.views.audit_words import PLAIN, SLACK, Tongue, change
from handlers.views.blocks import (
    Block,
    actions,
    button,
    clip,
    confirm,
    esc,
    header,
    mono,
    section,
    visible,
    when,
)
from handlers.views.ids import COMMAND, Action
from handlers.views.message import Told
from handlers.views.notes import said

MOST_CHANGES = 3
REASON = 300

#: What happened, in words; {run} is a run with its job and place, {it} any other subject.
DEEDS: Mapping[str, str] = MappingProxyType(
    {
        "execution.asked": "{who} asked for {run}",
        "execution.awaiting_confirmation": "{run} waits for a confirmation again",
        "execution.confirmed": "{who} confirmed {run}",
        "execution.queued": "{run} entered the queue",
        "execution.running": "{run} started",
        "execution.succeeded": "{run} succeeded",
        "execution.failed": "{run} failed",
        "execution.timed_out": "{run} timed out",
        "execution.lost": "{run} was lost",
        "execution.cancelling": "{who} asked to cancel {run}",
        "execution.cancelled": "{who} cancelled {run}",
        "execution.discarded": "{who} discarded {run}",
        "execution.expired": "{run} expired",
        "execution.moved_to_front": "{who} moved {run} to the front of the queue",
        "execution.overridden": "{who} broke the glass for {run}",
        "execution.voided": "The confirmation of {run} was voided",
        "execution.terms_changed": "Others have to confirm {run} now",
        "value.revealed": "{who} looked at a personal value of {run}",
        "value.sought": "{who} looked for the runs with a value of {it}{on}",
        "environment.created": "{who} created the environment {it}",
        "environment.host_key_trusted": "{who} trusted another host key of {it}",
        "source.created": "{who} created the source {it}",
        "job.created": "{who} created the job {it}",
        "channel.bound": "{who} bound {it} to {environment}",
        "channel.unbound": "{who} unbound {it} from {environment}",
        "lock.closed": "{who} locked {environment}",
        "lock.opened": "{who} opened {environment} again",
        "freeze.made": "{who} made a freeze window for {environment}",
        "freeze.dropped": "{who} dropped a freeze window of {environment}",
        "grant.given": "{who} gave a role to {it}{on}",
        "grant.taken": "{who} took a role from {it}{on}",
        "second_factor.begun": "{who} began to set up a second factor",
        "second_factor.enrolled": "{who} set up a second factor",
        "second_factor.reset": "{who} reset the second factor of {it}",
        "second_factor.locked": "The second factor of {it} was locked after wrong codes",
        "audit.exported": "{who} exported the audit log",
    }
)
#: In these the sentence says it all.
_WITHOUT_CHANGES = frozenset(
    {
        *("environment.created", "source.created", "job.created"),
        *("execution.confirmed", "execution.overridden", "lock.opened"),
    }
)
#: Said by the sentence or the reason, or of no use to a person; the export has all of it.
_SAID = frozenset(
    {
        *("fingerprint", "status", "plan_hash", "environment_id", "priority", "worker", "attempt"),
        *("locked_by", "overridden_by", "reason", "job_name", "environment_name", "kind"),
    }
)
#: A person, a group or a channel as Slack types it: in a headline it would not be shown as such.
_TYPED = re.compile(r"<(@|#|!subteam\^)([A-Z0-9]+)(?:\|@?#?([^>]*))?>")


def deed(event: AuditEvent, jobs: Mapping[str, str], tongue: Tongue) -> str:
    """Return who did what, without time and details; *jobs*: the jobs of runs by their number."""
    on = f" on {tongue.text(event.environment)}" if event.environment else ""
    job = f" {tongue.text(jobs[event.subject])}" if event.subject in jobs else ""
    parts = {
        "who": "Ferry" if event.actor == FERRY else tongue.person(event.actor),
        "run": f"{tongue.text(subject(event))}{job}{on}",
        "it": tongue.channel(event.subject)
        if event.verb.startswith("channel.") and re.fullmatch("[CG][A-Z0-9]{2,}", event.subject)
        else _named(subject(event), tongue),
        "environment": tongue.text(event.environment),
        "on": on,
    }
    if known := _deed(event):
        return known.format_map(parts)
    noun, _, what = event.verb.partition(".")
    where = "" if event.subject == event.environment else on
    about = " ".join(part for part in (parts["it"], where.strip()) if part)
    words = tongue.text(f"{noun} {what}".replace("_", " "))
    return f"{parts['who']}: {words}{f' ({about})' if about else ''}"


def details(event: AuditEvent, tongue: Tongue) -> str:
    """Return what changed, and the reason that was given; empty if there is neither."""
    changed = [] if event.verb in _WITHOUT_CHANGES else _changes(event, tongue)
    if event.reason:
        changed.append(f"“{tongue.text(clip(event.reason, REASON))}”")
    return " · ".join(changed)


def line(event: AuditEvent, jobs: Mapping[str, str]) -> str:
    """Return an event for a terminal, which must not obey what somebody gave as a reason."""
    more = details(event, PLAIN)
    told = f"{event.id}  {event.created_at:%Y-%m-%d %H:%M}  {deed(event, jobs, PLAIN)}"
    return visible(f"{told} · {more}" if more else told)


def log(
    events: Sequence[AuditEvent],
    jobs: Mapping[str, str],
    *,
    asked: str,
    is_first: bool,
    has_older: bool,
) -> Told:
    """Return a page of the log, newest first; *asked*: the filters as they were typed."""
    if not events:
        return _nothing(asked, is_first=is_first)
    title = f"Audit log{f': {_headline(asked)}' if asked else ''}"
    rows = [section(_row(event, jobs)) for event in events]
    spoken = (deed(event, jobs, SLACK) for event in events)
    buttons = [] if is_first else [_page("Newest", Action.AUDIT_NEWEST, asked)]
    if has_older:
        buttons.append(_page("Older", Action.AUDIT_OLDER, f"{events[-1].id} {asked}"))
    buttons.append(_export(asked))
    return Told(aloud(esc(title), spoken, len(events)), [header(title), *rows, actions(*buttons)])


def exported(count: int, asked: str, *, is_cut: bool) -> Told:
    """Return what goes with the file; *is_cut*: older events did not fit into it."""
    of = f" with {mono(_headline(asked))}" if asked else ""
    number = f"{'the newest ' if is_cut else ''}{count:,} event{'' if count == 1 else 's'}"
    rest = " `ferry audit export` on Ferry's machine has all of them." if is_cut else ""
    return said(
        f"📄 The audit log{of}: {number}, a JSON object a line, oldest first.{rest}",
        hint="docs/audit.md says how to check it. That you exported it is in the log, too.",
    )


def nothing_to_export(asked: str) -> Told:
    """Return that no event fits."""
    return _nothing(asked, is_first=True)


def see_your_messages() -> Told:
    """Return where the file is."""
    return said("📄 The file is in your direct messages with Ferry.")


def _row(event: AuditEvent, jobs: Mapping[str, str]) -> str:
    more = details(event, SLACK)
    told = f"{deed(event, jobs, SLACK)}, {when(event.created_at)}"
    return f"{told}\n{more}" if more else told


def _deed(event: AuditEvent) -> str:
    """Return the sentence of a known kind of event; who cancelled is told where it was asked."""
    before = event.before.get("status")
    match event.verb:
        case "execution.queued" if before == "running":
            return "{run} will be tried again"
        case "execution.cancelled" if event.actor == FERRY:
            return "{run} was cancelled"
        case "execution.discarded" if event.actor == FERRY:
            return "{run} was discarded"
        case "execution.discarded" if event.reason:
            return "{who} refused {run}"
    return DEEDS.get(event.verb, "")


def _headline(asked: str) -> str:
    """Return *asked* with names in the place of Slack's marks."""
    return _TYPED.sub(lambda one: f"{one[1][:1].replace('!', '@')}{one[3] or one[2]}", asked)


def _named(name: str, tongue: Tongue) -> str:
    """Return a subject, a person as such."""
    if name[:1] in {"U", "W"} and name.isalnum() and name.isupper():
        return tongue.person(name)
    return tongue.text(name)


def _changes(event: AuditEvent, tongue: Tongue) -> list[str]:
    names = [name for name in {**event.before, **event.after} if name not in _SAID]
    told = [words for name in names if (words := change(event, name, tongue))]
    more = [f"and {len(told) - MOST_CHANGES} more"] if len(told) > MOST_CHANGES else []
    return told[:MOST_CHANGES] + more


def _nothing(asked: str, *, is_first: bool) -> Told:
    if not is_first:
        newest = _page("Newest", Action.AUDIT_NEWEST, asked)
        return said("There are no older events.", newest)
    if asked:
        everything = _page("All events", Action.AUDIT_NEWEST, "")
        return said(f"No event in the audit log fits {mono(_headline(asked))}.", everything)
    return said(
        "Nothing happened yet: the audit log is empty.",
        hint=f"Whoever creates or runs something is in it, for example {mono(f'{COMMAND} run')}.",
    )


def _page(words: str, action: Action, value: str) -> Block:
    return button(words, action_id=action, value=value.strip(), accessible=f"{words} of the log")


def _export(asked: str) -> Block:
    dialog = confirm(
        "Export the audit log?",
        "A file with these events comes to you as a direct message. That you took it along is "
        "noted in the log.",
        "Export",
        "Leave it",
    )
    return button(
        "Export…",
        action_id=Action.AUDIT_EXPORT,
        value=asked,
        confirm=dialog,
        accessible="Export these events as a file",
    )

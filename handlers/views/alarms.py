"""What calls people: a reminder that a run still waits, and that somebody broke the glass."""

from collections.abc import Collection

from db.model.execution import Execution, Status
from db.model.locks import Closed
from executor.rules.confirming import Answerers, missing
from executor.rules.readiness import failed_checks, is_ready
from handlers.views.blocks import clip, esc, mono, person, section, when
from handlers.views.confirming import REASON, call, overridden
from handlers.views.ids import COMMAND
from handlers.views.message import Told
from handlers.views.sentences import name

# Keys of what the security channel was told: the first was that of a lock as well once.
ALARM, ALARM_OF_LOCK, ALARM_REFUSED = "alarm", "alarm-past-lock", "alarm-refused"


def reminder(execution: Execution, answerers: Answerers, closed: Closed | None = None) -> Told:
    """Return the call to those who may answer, at half time; of what has no button yet, why.

    That calls who asked for it: nobody else has anything to press. *closed*: what closes its
    environment, named without people: a mention would call them.
    """
    where = f"{name(execution)} on {esc(execution.environment_name)}"
    until = f". It expires {when(execution.expires_at)}." if execution.expires_at else "."
    if why := _why_not(execution, closed):
        asker = person(execution.requested_by)
        return _said(f"⏰ {asker}: {where} cannot be confirmed yet: {why}{until}")
    whom = call(answerers)
    waits = f"{where} still awaits confirmation"
    more = f"; {missing(execution)} more must say yes" if execution.confirmations > 1 else ""
    if whom:
        return _said(f"⏰ {whom}: {waits}{more}{until}")
    grant = mono(f"{COMMAND} grant @ana approver {execution.environment_name}")
    return _said(f"⏰ {waits}{until} Nobody may confirm it yet: an admin names one with {grant}.")


def _why_not(execution: Execution, closed: Closed | None) -> str:
    if not is_ready(execution):
        if execution.checked_at is None:
            return "Ferry is still looking at its host"
        failed = ", ".join(esc(check.name) for check in failed_checks(execution))
        return f"{failed or 'the look at its host'} failed; its card says what to do"
    if closed is None:
        return ""
    shut = "frozen" if closed.is_freeze else "locked"
    return f"{esc(execution.environment_name)} is {shut}; its card says by whom"


def broken_glass(
    execution: Execution, overrode: Closed | None = None, *, is_elsewhere: bool = False
) -> Told:
    """Return that somebody broke the glass, and why; *is_elsewhere*: told in another channel.

    *overrode*: what closed the environment then.
    """
    who, where = person(execution.overridden_by), esc(execution.environment_name)
    why = esc(clip(execution.override_reason, REASON))
    at = f" It was asked for in <#{execution.channel_id}>." if is_elsewhere else ""
    past = _past(execution, overrode)
    text = f"🔨 {who} broke the glass: {name(execution)} on {where} was let past {past}. Why: {why}"
    asked = f"Asked for by {person(execution.requested_by)}.{at}"
    spite = overridden(execution, overrode).partition("\n")[2]
    return _said(" ".join(part for part in (f"{text.rstrip('.')}.", asked, spite) if part))


def _past(execution: Execution, overrode: Closed | None) -> str:
    """Return what it was let past, in words that stay true whatever becomes of it."""
    shut = "whatever closes it"
    if overrode:
        shut = "the freeze window there" if overrode.is_freeze else "the lock there"
    if execution.goes_without_yes:
        return "the confirmation that it needs" + (f", and past {shut}" if overrode else "")
    is_asked = execution.status is Status.AWAITING_CONFIRMATION
    return shut + ("; its confirmation is asked for as ever" if is_asked else "")


def alarm_key(execution: Execution, posts: Collection[str]) -> str:
    """Return the key of the alarm that is due; empty if *posts* has it, or none is."""
    key = ALARM if execution.goes_without_yes else ALARM_OF_LOCK
    is_due = execution.overridden_by and not {key, ALARM}.intersection(posts)
    return key if is_due else ""


def not_alarmed() -> Told:
    """Return that the security channel could not be told."""
    return _said(
        "⚠️ The security channel could not be told of it: is Ferry a member there? "
        f"{mono('FERRY_SECURITY_CHANNEL')} names it."
    )


def _said(text: str) -> Told:
    return Told(text, [section(text)])

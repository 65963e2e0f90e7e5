"""What Ferry says in answer to one person: receipts, refusals, and that something broke."""

import re
from datetime import UTC, datetime

from db.model.errors import AttemptError, FerryError, InvalidInput
from handlers.views.blocks import (
    Block,
    actions,
    button,
    clip,
    context,
    esc,
    modal,
    mono,
    section,
    when,
)
from handlers.views.ids import COMMAND, Action, Callback
from handlers.views.message import Told

_MENTION = re.compile(r"&lt;(@[UW][A-Z0-9]+|#C[A-Z0-9]+|!subteam\^S[A-Z0-9]+)(?:\|[^&<>]*)?&gt;")
_MOMENT = re.compile(r"\b[0-9]{4}(?:-[0-9]{2}){2} [0-9]{2}:[0-9]{2} UTC\b")
MOST_PROBLEMS = 25


def prose(text: str) -> str:
    """Return a sentence of Ferry's own for mrkdwn: escaped, but who and what is meant stays a link.

    A time is shown in the reader's own time zone. Nothing of that happens in backticks: there
    stands what somebody typed.
    """
    parts = esc(text).split("`")
    return "`".join(
        part if number % 2 else _MOMENT.sub(_local, _MENTION.sub(r"<\1>", part))
        for number, part in enumerate(parts)
    )


def sentence(error: FerryError) -> str:
    """Return what *error* says, for mrkdwn."""
    return _spoken(error, error.message)


def advice(error: FerryError) -> str:
    """Return what to do about *error*, for mrkdwn."""
    return _spoken(error, error.hint)


def _spoken(error: FerryError, text: str) -> str:
    """Return *text* as mrkdwn; of what a host may have written, nothing is a link."""
    return esc(text) if isinstance(error, AttemptError) else prose(text)


def _local(found: re.Match[str]) -> str:
    try:
        moment = datetime.strptime(found[0], "%Y-%m-%d %H:%M UTC").replace(tzinfo=UTC)
    except ValueError:
        return found[0]
    return when(moment)


def said(text: str, *buttons: Block, hint: str = "") -> Told:
    """Return a note of one paragraph of mrkdwn, with buttons below."""
    blocks = [section(text)]
    if hint:
        blocks.append(context(hint))
    if buttons:
        blocks.append(actions(*buttons))
    return Told(text, blocks)


def refused(error: FerryError, *buttons: Block) -> Told:
    """Return why it was refused, every wrong value, and what to do now."""
    return said(problem(error), *buttons, hint=advice(error))


def problem(error: FerryError) -> str:
    """Return what *error* says as mrkdwn, with one line for each wrong value."""
    fields = error.fields if isinstance(error, InvalidInput) else {}
    lines = [f"⚠️ {sentence(error)}"]
    for name, told in list(fields.items())[:MOST_PROBLEMS]:
        if told not in error.message:
            lines.append(f"• {mono(name)}: {prose(told)}")
    if len(fields) > MOST_PROBLEMS:
        lines.append(f"• and {len(fields) - MOST_PROBLEMS} more")
    return "\n".join(lines)


def broke(reference: str) -> Told:
    """Return that something unexpected happened, with the reference of the log entry."""
    return said(
        f"💥 Something broke on Ferry's side, reference {mono(reference)}.",
        hint=f"It is in Ferry's log under that reference; {mono(f'{COMMAND} status')} shows "
        "what is true now.",
    )


def too_late() -> Told:
    """Return that Slack no longer accepts the window that should have opened."""
    return said("⌛ Slack did not wait for Ferry's window to open. Please try once more.")


def stranger() -> Told:
    """Return the refusal of people of another workspace."""
    return said(
        "🚪 Ferry answers only people of its own workspace, so nothing was done.",
        hint="Ask somebody of that workspace to do it for you.",
    )


def outdated(what: str) -> Told:
    """Return that a button or form of an older Ferry was used."""
    return said(
        f"🕰️ This {what} is from an older Ferry and does nothing any more.",
        hint=f"{mono(f'{COMMAND} status')} shows what runs; {mono(COMMAND)} shows what is there.",
    )


def unknown_command(name: str) -> Told:
    """Return that Ferry does not listen to the slash command *name*."""
    return said(f"Ferry does not know {mono(name)}. Try {mono(f'{COMMAND} help')}.")


def unknown_verb(verb: str, nearest: str) -> Told:
    """Return that there is no such subcommand, and the nearest that there is."""
    return said(
        f"{mono(f'{COMMAND} {clip(verb, 40)}')} is not something Ferry does. {nearest}".strip(),
        button("What Ferry can do", action_id=Action.HELP_SHOW),
    )


def window(note: Told, title: str = "Ferry") -> Block:
    """Return *note* as a modal that only says it."""
    return modal(title, note.blocks, callback_id=Callback.NOTE, close="Close")


def working(words: str) -> Block:
    """Return the modal that is shown while something takes longer than Slack waits."""
    return window(said(f"⏳ {words}"))

"""Locks: who closed what, the form that closes, and what everybody in the channel reads of it."""

from collections.abc import Sequence

from db.model.audit import FERRY
from db.model.catalog import Environment
from db.model.locks import Closed, Lock
from executor.rules.reasons import LONGEST_REASON
from executor.services.locks import Standing, Turned
from handlers.views.aloud import aloud
from handlers.views.blocks import (
    Block,
    actions,
    button,
    clip,
    confirm,
    context,
    esc,
    header,
    input_block,
    modal,
    option,
    person,
    section,
    select,
    when,
)
from handlers.views.closed import REASON, closed_sentence, closed_words, mark
from handlers.views.fields import text_field
from handlers.views.ids import COMMAND, Action, Callback, field
from handlers.views.message import Told
from handlers.views.sentences import place

ENVIRONMENT, WHY, UNTIL = "environment", "reason", "until"
MOST_ROWS = 40  # a message holds 50 blocks
MOST_CHANNELS = 10


def locks(standings: Sequence[Standing]) -> Told:
    """Return what is closed now, each lock with its button for who may open it."""
    below = lock_buttons(standings)
    windows = button("Freeze windows", action_id=Action.FREEZE_LIST)
    shut = [(one, one.closed) for one in standings if one.closed is not None]
    if not shut:
        text = "Nothing is locked: runs start everywhere."
        lock = f"`{COMMAND} lock staging for 2h deploying version 8` closes an environment."
        how = [lock] if below else []  # nobody is told to do what they may not
        return Told(
            " ".join([text, *how]), [section(text), *map(context, how), actions(*below, windows)]
        )
    rows = [_row(one, closed) for one, closed in shut[:MOST_ROWS]]
    more = [context(f"and {len(shut) - MOST_ROWS} more")] if len(shut) > MOST_ROWS else []
    text = aloud("Closed", (closed_words(closed) for _, closed in shut), len(shut))
    blocks = [header(f"Closed ({len(shut)})"), *rows, *more, actions(*below, windows)]
    return Told(text, blocks)


def lock_buttons(standings: Sequence[Standing]) -> list[Block]:
    """Return the button that opens the form, for who may lock anything."""
    if not any(one.may_lock for one in standings):
        return []
    return [button("Lock…", action_id=Action.LOCK_OPEN)]


def unlock_button(one: Standing) -> Block | None:
    """Return the button that opens the lock again, for who may; None for others."""
    if one.lock is None or not one.may_unlock:
        return None
    name = one.environment.name
    dialog = confirm(
        f"Unlock {name}?",
        f"It was locked for: {clip(one.lock.reason, 150)}. What waits there starts at once, and "
        "everybody in its channels is told.",
        "Unlock",
        "Keep it locked",
        style="danger",
    )
    return button(
        "Unlock",
        action_id=Action.LOCK_UNLOCK,
        value=name,
        confirm=dialog,
        accessible=f"Unlock {name}",
    )


def lock_modal(environments: Sequence[Environment], current: str = "") -> Block:
    """Return the form that locks one of *environments* (at least one is needed)."""
    options = [option(place(one.name, one.kind), one.name) for one in environments]
    pick = select(Action.FIELD, options, placeholder="Pick one", initial=current or None)
    return modal(
        "Lock an environment",
        [
            section("Nothing starts there until it is opened again; what runs goes on."),
            input_block("Environment", pick, block_id=field(ENVIRONMENT)),
            text_field(WHY, "Why", hint="Everybody reads it.", most=LONGEST_REASON),
            text_field(
                UNTIL,
                "Until",
                placeholder="2h, 18:00 or tomorrow 9:00",
                hint="In your own time zone. Empty: until you or an admin opens it.",
                optional=True,
                most=40,
            ),
        ],
        callback_id=Callback.LOCK_SUBMIT,
        submit="Lock",
    )


def locked(turned: Turned) -> Told:
    """Return the receipt for who locked it, or changed what they had locked."""
    where = _place(turned.environment)
    lock, old = turned.lock, turned.before
    until = when(lock.until) if lock.until else "you or an admin opens it"
    does = "stays locked" if old else "is locked"
    text = f"{where} {does} until {until}: {_why(lock)}"
    facts = [f"Nothing starts there. {_going(turned)}", _announced(turned)]
    if old:
        before = f"until {when(old.until)}" if old.until else "without an end"
        facts.insert(0, f"Before it was locked {before}: {_why(old)}")
    return Told(f"{text} {facts[0]}", [section(f"🔒 {text}"), context("\n".join(facts))])


def unlocked(turned: Turned) -> Told:
    """Return the receipt for who opened it."""
    text = f"{_place(turned.environment)} is open again. {_starts(turned)}".strip()
    if turned.closed:
        text = f"The lock is open. {closed_sentence(turned.closed)}"
    return Told(text, [section(f"🔓 {text}"), context(_announced(turned))])


def announced(turned: Turned) -> Told:
    """Return what everybody in a channel of the environment reads of its lock as it stands."""
    where, lock = _place(turned.environment), turned.lock
    if lock.opened_at is None:
        until = f" until {when(lock.until)}" if lock.until else ""
        text = f"{person(lock.locked_by)} locked {where}{until}: {_why(lock)}"
        facts = f"Nothing starts there. {_going(turned)}"
        return Told(f"{text} {facts}", [section(f"🔒 {text}"), context(facts)])
    if lock.opened_by == FERRY:
        text = f"{where} is open again: the lock of {person(lock.locked_by)} has ended."
    else:
        text = f"{person(lock.opened_by or '')} opened {where} again."
    facts = f"It was locked for: {_why(lock)} {_starts(turned)}".strip()
    if turned.closed:
        facts = f"It stays closed: {closed_sentence(turned.closed)}"
    return Told(f"{text} {facts}", [section(f"🔓 {text}"), context(facts)])


def _row(one: Standing, closed: Closed) -> Block:
    return section(f"{mark(closed)} {closed_sentence(closed)}", accessory=unlock_button(one))


def _place(environment: Environment) -> str:
    return place(environment.name, environment.kind)


def _why(lock: Lock) -> str:
    return esc(clip(lock.reason, REASON)).removesuffix(".") + "."


def _going(turned: Turned) -> str:
    runs, waits = turned.running, turned.waiting
    if not runs and not waits:
        return "Nothing runs there now, and nothing waits in the queue."
    goes = {0: "Nothing runs there now", 1: "1 run goes on"}.get(runs, f"{runs} runs go on")
    return f"{goes}, {waits or 'none'} {'waits' if waits == 1 else 'wait'} in the queue."


def _starts(turned: Turned) -> str:
    waits = turned.waiting
    if not waits:
        return ""
    return f"{waits} {'run that waited starts' if waits == 1 else 'runs that waited start'} now."


def _announced(turned: Turned) -> str:
    if not turned.channels:
        return "No channel is bound to it, so nobody else is told."
    shown = " ".join(f"<#{channel}>" for channel in turned.channels[:MOST_CHANNELS])
    left = len(turned.channels) - MOST_CHANNELS
    return f"Announced in {shown}{f' and {left} more' if left > 0 else ''}."

"""Freeze windows: which there are, when each closes next, and the form that makes one."""

from collections.abc import Sequence

from db.model.catalog import Environment
from db.model.people import Person
from executor.rules.durations import words
from executor.rules.reasons import LONGEST_REASON
from executor.services.freezes import Freeze
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
    mono,
    option,
    person,
    section,
    select,
    when,
)
from handlers.views.closed import REASON
from handlers.views.fields import text_field
from handlers.views.ids import COMMAND, Action, Callback, field
from handlers.views.locks import ENVIRONMENT, WHY
from handlers.views.message import Told
from handlers.views.sentences import place

CRON, LASTS, ZONE = "cron", "lasts", "time_zone"
EXAMPLE = f'{COMMAND} freeze staging "0 18 * * 5" 60h America/Sao_Paulo no runs on weekends'
MOST_ROWS = 40


def freezes(known: Sequence[Freeze], *, may_freeze: bool) -> Told:
    """Return the windows with the next times of each; *may_freeze*: the reader may change them."""
    new = [button("New freeze window…", action_id=Action.FREEZE_NEW)] if may_freeze else []
    closed = button("What is closed now", action_id=Action.LOCK_LIST)
    if not known:
        text = "There is no freeze window: no environment is closed at fixed times."
        how = f"An admin makes one, for example {mono(EXAMPLE)}."
        return Told(f"{text} {how}", [section(text), context(how), actions(*new, closed)])
    rows = [_row(one, may_drop=may_freeze) for one in known[:MOST_ROWS]]
    more = [context(f"and {len(known) - MOST_ROWS} more")] if len(known) > MOST_ROWS else []
    text = aloud("Freeze windows", (_spoken(one) for one in known), len(known))
    blocks = [header(f"Freeze windows ({len(known)})"), *rows, *more, actions(*new, closed)]
    return Told(text, blocks)


def freeze_modal(
    environments: Sequence[Environment], *, time_zone: str, current: str = ""
) -> Block:
    """Return the form that makes a window; *time_zone* is the reader's own.

    *current*: the environment of the channel, which is picked if it is one of them.
    """
    options = [option(place(one.name, one.kind), one.name) for one in environments]
    only = environments[0].name if len(environments) == 1 else None
    pick = select(Action.FIELD, options, placeholder="Pick one", initial=only or current or None)
    return modal(
        "New freeze window",
        [
            section("Nothing starts in the environment while the window lasts; what runs goes on."),
            input_block("Environment", pick, block_id=field(ENVIRONMENT)),
            text_field(
                CRON,
                "Begins",
                placeholder="0 18 * * 5",
                hint="Cron: minute, hour, day of the month, month, day of the week (5 is Friday).",
            ),
            text_field(LASTS, "Lasts", placeholder="60h", hint="At most 31 days.", most=40),
            text_field(ZONE, "Time zone", initial=time_zone, most=64),
            text_field(WHY, "Why", hint="Everybody reads it.", most=LONGEST_REASON),
        ],
        callback_id=Callback.FREEZE_SUBMIT,
        submit="Make",
    )


def made(one: Freeze) -> Told:
    """Return the receipt: the next times show whether the rule says what was meant."""
    text = f"{_place(one)} is frozen at these times from now on: {_rule(one)}"
    back = f"{COMMAND} unfreeze {one.window.id}"
    facts = [_times(one), f"If that is not what you meant: {mono(back)}."]
    return Told(f"{text} {_times(one)}", [section(f"🧊 {text}"), context("\n".join(facts))])


def dropped(one: Freeze) -> Told:
    """Return the receipt for a window that is gone."""
    text = f"The freeze window {one.window.id} of {_place(one)} is gone: {_rule(one)}"
    return Told(text, [section(f"🗑️ {text}")])


def announced(one: Freeze, by: Person, *, is_made: bool) -> Told:
    """Return what everybody in a channel of the environment reads of a new or dropped window."""
    if not is_made:
        text = f"{person(by.user_id)} dropped a freeze window of {_place(one)}: {_rule(one)}"
        return Told(text, [section(f"🗑️ {text}")])
    text = f"{person(by.user_id)} made a freeze window for {_place(one)}: {_rule(one)}"
    return Told(f"{text} {_times(one)}", [section(f"🧊 {text}"), context(_times(one))])


def _row(one: Freeze, *, may_drop: bool) -> Block:
    lines = [f"*{_place(one)}* · window {one.window.id}", _rule(one), _times(one)]
    lines.append(f"made by {person(one.window.made_by)} {when(one.window.created_at)}")
    return section("\n".join(lines), accessory=_drop(one) if may_drop else None)


def _drop(one: Freeze) -> Block:
    name = one.environment.name
    dialog = confirm(
        f"Drop window {one.window.id}?",
        f"{name} is then no longer closed by it ({clip(one.window.cron, 60)}). What waits for it "
        "starts at once.",
        "Drop it",
        "Keep it",
        style="danger",
    )
    return button(
        "Drop",
        action_id=Action.FREEZE_DROP,
        value=str(one.window.id),
        confirm=dialog,
        accessible=f"Drop window {one.window.id} of {name}",
    )


def _place(one: Freeze) -> str:
    return place(one.environment.name, one.environment.kind)


def _rule(one: Freeze) -> str:
    window = one.window
    lasts, why = words(window.minutes * 60), esc(clip(window.reason, REASON)).removesuffix(".")
    return f"{mono(window.cron)} for {lasts} ({esc(window.time_zone)}). Why: {why}."


def _times(one: Freeze) -> str:
    if not one.next:
        return "It never comes again."
    return f"Closed {', then '.join(f'{when(a)} until {when(b)}' for a, b in one.next)}."


def _spoken(one: Freeze) -> str:
    lasts = words(one.window.minutes * 60)
    return f"{esc(one.environment.name)}: {mono(one.window.cron)} for {lasts}"

"""Where a channel runs: told to everybody in it, and how to change it."""

from collections.abc import Sequence

from db.model.catalog import Environment
from db.model.people import Person
from handlers.views.blocks import (
    Block,
    button,
    context,
    input_block,
    modal,
    option,
    person,
    section,
    select,
)
from handlers.views.ids import COMMAND, Action, Callback, field
from handlers.views.message import Told
from handlers.views.notes import said
from handlers.views.sentences import place

ENVIRONMENT = "environment"


def bind_button() -> Block:
    """Return the button that opens the choice of an environment for the channel."""
    return button("Bind this channel…", action_id=Action.BINDING_OPEN, style="primary")


def bind_modal(environments: Sequence[Environment], channel_id: str, current: str = "") -> Block:
    """Return the choice of an environment for a channel; at least one is needed."""
    options = [option(place(one.name, one.kind), one.name) for one in environments]
    pick = select(Action.FIELD, options, placeholder="Pick an environment", initial=current or None)
    return modal(
        "Bind this channel",
        [
            section(f"Jobs that are run in <#{channel_id}> will run in this environment only."),
            input_block("Environment", pick, block_id=field(ENVIRONMENT)),
        ],
        callback_id=Callback.BINDING_SUBMIT,
        submit="Bind",
        metadata=channel_id,
    )


def bound(environment: Environment, by: Person) -> Told:
    """Return the announcement in the channel that it runs in *environment* from now on."""
    where = place(environment.name, environment.kind)
    text = f"{person(by.user_id)} bound this channel: jobs run in {where} from now on."
    return Told(text, [section(f"🔗 {text}"), context(f"`{COMMAND} run` runs one.")])


def unbound(environment: Environment, by: Person) -> Told:
    """Return the announcement in the channel that nothing runs here any more."""
    where = place(environment.name, environment.kind)
    text = f"{person(by.user_id)} unbound this channel from {where}: no job runs here any more."
    return Told(text, [section(f"✂️ {text}")])


def not_a_member(what: Told) -> Told:
    """Return *what* for the person alone, since Ferry cannot post in the channel."""
    hint = (
        "Only you see this: Ferry is not in this channel, and without it no card can appear here. "
        "Type `/invite @ferry` here."
    )
    return Told(f"{what.text} {hint}", [*what.blocks, context(f"⚠️ {hint}")])


def only_in_a_channel() -> Told:
    """Return that a channel is needed for what was asked from Home or a window."""
    return said(f"Type `{COMMAND} bind` in the channel that you want to bind.")

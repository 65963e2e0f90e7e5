"""From a success where a job is proven to the same run on production."""

from collections.abc import Sequence

from db.model.execution import Execution
from executor.rules.proof import unproven_in
from handlers.views.blocks import Block, button, esc, mono, section
from handlers.views.ids import COMMAND, Action
from handlers.views.message import Told
from handlers.views.notes import said
from handlers.views.sentences import name

MOST = 40  # a message holds 50 blocks


def promote_button(execution: Execution) -> Block:
    """Return the button that opens the form for production, with the values of *execution*."""
    return button(
        "Run on production…",
        action_id=Action.RUN_PROMOTE,
        value=str(execution.id),
        style="primary",
        accessible=f"Run #{execution.id} {execution.job_name} on production",
    )


def prove_buttons(execution: Execution) -> list[Block]:
    """Return the button that opens the form for where *execution* must succeed first, if so."""
    if not (where := unproven_in(execution)):
        return []
    prove = button(
        f"Run on {where}…",
        action_id=Action.RUN_PROVE,
        value=str(execution.id),
        accessible=f"Run #{execution.id} {execution.job_name} on {where} first",
    )
    return [prove]


def promoted_from(value: str) -> tuple[str, str]:
    """Return the number of the run, and the channel if one was chosen, in a button's value."""
    number, _, channel_id = value.partition(":")
    return number, channel_id


def where_to(
    execution: Execution, places: Sequence[tuple[str, str]], where: str = "production"
) -> Told:
    """Return the choice of a channel among *places*: (name of the environment, channel id)."""
    text = f"Where is {name(execution)} to run on {esc(where)}?"
    rows = [
        section(
            f"{number}. *{esc(environment)}* in <#{channel_id}>",
            accessory=button(
                f"Run in {number}…",
                action_id=Action.RUN_PROMOTE,
                value=f"{execution.id}:{channel_id}",
                accessible=f"Run #{execution.id} on {environment}, choice {number}",
            ),
        )
        for number, (environment, channel_id) in enumerate(places[:MOST], 1)
    ]
    return Told(text, [section(text), *rows])


def nowhere_to(execution: Execution) -> Told:
    """Return that no channel runs in a production environment."""
    return said(
        f"No channel is bound to a production environment yet, so {name(execution)} cannot run "
        "on one.",
        hint=f"An admin binds one there, for example with `{COMMAND} bind production`.",
    )


def nowhere_to_prove(execution: Execution, where: str) -> Told:
    """Return that no channel runs in the environment *where*."""
    return said(
        f"No channel is bound to {esc(where)}, so {name(execution)} cannot run there.",
        hint=f"An admin binds one there: {mono(f'{COMMAND} bind {where}')}.",
    )

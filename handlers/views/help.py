"""What Ferry can do, in one message: no manual is needed after it."""

from handlers.views.blocks import Block, actions, button, context, divider, section
from handlers.views.ids import COMMAND, Action
from handlers.views.message import Told

#: verb with its arguments → what it does; the order is the order in the help
VERBS = {
    "run [job] [name=value …]": "run a job; without values a form opens",
    "status [#n]": "what runs and waits, or one run",
    "cancel #n": "stop a run, or take it out of the queue",
    "log #n": "the last lines of a run",
    "history": "the last runs",
    "jobs [words]": "what can be run",
    "sources": "the systems that data comes from",
    "envs": "where it can run, and which channel runs where",
    "bind environment": "let this channel run there (admins)",
    "unbind": "stop that (admins)",
    "new environment|source|job": "add one (admins)",
}


def help_note() -> Told:
    """Return every command with what it does, and the usual ones as buttons."""
    lines = [f"`{COMMAND} {verb}`  {does}" for verb, does in VERBS.items()]
    return Told(
        f"Ferry runs data migrations. {COMMAND} run starts one; {COMMAND} help lists the rest.",
        [
            section("*Ferry* runs data migrations over SSH and tells here how they go."),
            section("\n".join(lines)),
            usual_buttons(),
            context(
                'Values with spaces go in quotes: `name="Ana d\'Ávila"`. '
                "A channel runs in the environment that it is bound to."
            ),
        ],
    )


def usual_buttons() -> Block:
    """Return the row of buttons for what people do most."""
    return actions(
        button("Run a job…", action_id=Action.RUN_OPEN, style="primary"),
        button("What runs now", action_id=Action.EXECUTION_STATUS),
        button("Last runs", action_id=Action.EXECUTION_HISTORY),
        button("Jobs", action_id=Action.JOB_LIST),
        button("Environments", action_id=Action.ENVIRONMENT_LIST),
    )


def home(running: list[Block], recent: list[Block]) -> Block:
    """Return the Home tab: what runs now, what ran last, and how to begin."""
    blocks = [
        section("*Ferry* runs data migrations over SSH and tells in the channel how they go."),
        usual_buttons(),
        divider(),
        section("*Now*"),
        *(running or [context("Nothing runs or waits.")]),
        divider(),
        section("*Last runs*"),
        *(recent or [context("Nothing ran yet.")]),
        actions(button("Refresh", action_id=Action.HOME_REFRESH)),
    ]
    return {"type": "home", "blocks": blocks[:100]}

"""What Ferry can do, in one message: no manual is needed after it."""

from collections.abc import Mapping, Sequence

from db.model.locks import Closed
from handlers.views.blocks import Block, actions, button, context, divider, section
from handlers.views.closed import closed_sentence, mark
from handlers.views.ids import COMMAND, Action
from handlers.views.message import Told

MOST_CLOSED = 5  # on Home
#: verb with its arguments → what it does; the order is the order in the help
RUNNING = {
    "run": "pick a job and fill in its form",
    "run job name=value …": "the same in one line",
    "plan job name=value …": "exactly what that would run; nothing is started",
    "cancel #n": "stop a run, or take it out of the queue",
    "totp": "set up a second factor for confirming",
}
LOOKING = {
    "status [#n]": "what runs and waits, or one run",
    "queue": "what waits, in which order, and when it will start",
    "log #n": "the last lines of a run",
    "history": "the last runs",
    "history name=value": "the runs that had this value, for example patient-id=44320",
    "jobs [words]": "what can be run",
    "sources": "the systems that data comes from",
    "envs": "where it can run, and which channel runs where",
    "grants": "who may do what where",
}
CLOSING = {
    "lock [environment] [for 2h] reason": "nothing starts there until it is opened",
    "unlock [environment]": "open it again",
    "locks": "what is closed, by whom and why",
    "freezes": "when environments are closed at fixed times",
}
VERBS = RUNNING | LOOKING | CLOSING
ADMIN_VERBS = {
    "override #n reason": "break the glass: past a confirmation or a lock, and all are told",
    "front #n": "let a run that waits go before the others",
    "audit [#n | @person | environment | lock | since date]": "who did what, newest first",
    "grant @ana operator staging": "give a role to a person, a user group or everyone",
    "revoke @ana staging": "take a role away",
    "totp reset @person": "forget somebody's second factor",
    "new environment": "add a host to run on",
    "new source": "add a system that data comes from",
    "new job": "add a script, with what it asks for",
    "bind environment": "jobs of this channel run in that environment",
    "unbind": "no job runs in this channel any more",
    "hostkey [environment]": "compare a host's key with the pinned one, and trust it",
    "freeze": "close an environment at fixed times",
    "unfreeze n": "drop such a window",
}


def help_note() -> Told:
    """Return every command with what it does, and the usual ones as buttons."""
    return Told(
        f"Ferry runs data migrations over SSH. After {COMMAND} you can type: {_said(VERBS)}. "
        f"Admins also: {_said(ADMIN_VERBS)}.",
        [
            section("*Ferry* runs data migrations over SSH and tells here how they go."),
            section(f"*Run*\n{_listed(RUNNING)}"),
            section(f"*Look*\n{_listed(LOOKING)}"),
            section(f"*Close an environment*\n{_listed(CLOSING)}"),
            section(f"*For admins*\n{_listed(ADMIN_VERBS)}"),
            usual_buttons(),
            context(
                'Values with spaces go in quotes: `name="Ana d\'Ávila"`. '
                "A channel runs in the environment that it is bound to."
            ),
        ],
    )


def _listed(verbs: Mapping[str, str]) -> str:
    return "\n".join(f"`{COMMAND} {verb}`  {does}" for verb, does in verbs.items())


def _said(verbs: Mapping[str, str]) -> str:
    """Return the verbs as they are read aloud."""
    return "; ".join(f"{verb}, {does}" for verb, does in verbs.items())


def usual_buttons() -> Block:
    """Return the row of buttons for what people do most."""
    return actions(
        button("Run a job…", action_id=Action.RUN_OPEN, style="primary"),
        button("What runs now", action_id=Action.EXECUTION_STATUS),
        button("Queue", action_id=Action.EXECUTION_QUEUE),
        button("Last runs", action_id=Action.EXECUTION_HISTORY),
        button("Jobs", action_id=Action.JOB_LIST),
        button("Environments", action_id=Action.ENVIRONMENT_LIST),
        button("Locks", action_id=Action.LOCK_LIST),
    )


def home(running: list[Block], recent: list[Block], *, closed: Sequence[Closed] = ()) -> Block:
    """Return the Home tab: what is closed, what runs now, what ran last, and how to begin."""
    shut = [f"{mark(one)} {closed_sentence(one)}" for one in closed[:MOST_CLOSED]]
    left = len(closed) - len(shut)
    shut += [f"and {left} more: `{COMMAND} locks`"] if left else []
    blocks = [
        section("*Ferry* runs data migrations over SSH and tells in the channel how they go."),
        usual_buttons(),
        *([section("\n".join(shut))] if shut else []),
        divider(),
        section("*Now*"),
        *(running or [context("Nothing runs or waits.")]),
        divider(),
        section("*Last runs*"),
        *(recent or [context("Nothing ran yet.")]),
        actions(button("Refresh", action_id=Action.HOME_REFRESH)),
    ]
    return {"type": "home", "blocks": blocks[:100]}

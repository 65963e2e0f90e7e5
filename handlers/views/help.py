"""What somebody can do with Ferry, in one message: no manual is needed after it."""

from collections.abc import Mapping, Sequence

from db.model.grants import Role
from db.model.locks import Closed
from executor.rules.access import LEAST, Verb, a_role
from executor.services.access import Roles
from handlers.views.blocks import Block, actions, button, context, divider, section
from handlers.views.closed import closed_sentence, mark
from handlers.views.ids import COMMAND, Action
from handlers.views.message import Told

MOST_CLOSED = 5  # on Home
#: what is typed → what it takes and does; the order is the order in the help
Lines = Mapping[str, tuple[Verb, str]]
RUNNING: Lines = {
    "run": (Verb.RUN, "pick a job and fill in its form"),
    "run job name=value …": (Verb.RUN, "the same in one line"),
    "plan job name=value …": (Verb.PLAN, "exactly what that would run; nothing is started"),
    "cancel #n": (Verb.RUN, "stop a run of yours, or take it out of the queue"),
    "totp": (Verb.RUN, "set up a second factor for confirming"),
}
LOOKING: Lines = {
    "status [#n]": (Verb.SEE, "what runs and waits, or one run"),
    "queue": (Verb.SEE, "what waits, in which order, and when it will start"),
    "log #n": (Verb.SEE, "the last lines of a run"),
    "history": (Verb.SEE, "the last runs"),
    "history name=value": (
        Verb.SEE,
        "the runs that had this value, for example patient-id=44320",
    ),
    "jobs [words]": (Verb.SEE, "what can be run"),
    "sources": (Verb.SEE, "the systems that data comes from"),
    "envs": (Verb.SEE, "where it can run, and which channel runs where"),
    "locks": (Verb.SEE, "what is closed, by whom and why"),
    "freezes": (Verb.SEE, "when environments are closed at fixed times"),
    "grants": (Verb.SEE, "who may do what where"),
}
CLOSING: Lines = {
    "lock [environment] [for 2h] reason": (Verb.LOCK, "nothing starts there until it is opened"),
    "unlock [environment]": (Verb.LOCK, "open it again"),
}
ADMINISTERING: Lines = {
    "override #n reason": (
        Verb.OVERRIDE,
        "break the glass: past a confirmation or a lock, and all are told",
    ),
    "cancel #n of somebody else": (Verb.CANCEL, "stop it, or take it out of the queue"),
    "front #n": (Verb.MOVE_TO_FRONT, "let a run that waits go before the others"),
    "audit [#n | @person | environment | lock | since date]": (
        Verb.AUDIT,
        "who did what, newest first",
    ),
    "grant @ana operator staging": (
        Verb.GRANT,
        "give a role to a person, a user group or everyone",
    ),
    "revoke @ana staging": (Verb.GRANT, "take a role away"),
    "totp reset @person": (Verb.RESET, "forget somebody's second factor"),
    "new environment": (Verb.DEFINE, "add a host to run on"),
    "new source": (Verb.DEFINE, "add a system that data comes from"),
    "new job": (Verb.DEFINE, "add a script, with what it asks for"),
    "bind environment": (Verb.BIND, "jobs of this channel run in that environment"),
    "unbind": (Verb.BIND, "no job runs in this channel any more"),
    "hostkey [environment]": (
        Verb.TRUST,
        "compare a host's key with the pinned one, and trust it",
    ),
    "freeze": (Verb.FREEZE, "close an environment at fixed times"),
    "unfreeze n": (Verb.FREEZE, "drop such a window"),
}
SECTIONS = {
    "Run": RUNNING,
    "Look": LOOKING,
    "Close an environment": CLOSING,
    "For admins": ADMINISTERING,
}
#: What is pressed, not typed.
ON_CARDS = {
    Verb.CONFIRM: "confirm or refuse a run of somebody else",
    Verb.REVEAL: "reveal personal values",
}
QUOTES = 'Values with spaces go in quotes: `name="Ana d\'Ávila"`.'
BOUND = "A channel runs in the environment that it is bound to."


def help_note(roles: Roles) -> Told:
    """Return the commands that somebody with *roles* may use somewhere, and the usual buttons."""
    rank = roles.anywhere.rank
    known = {
        title: {line: does for line, (verb, does) in lines.items() if LEAST[verb].rank <= rank}
        for title, lines in SECTIONS.items()
    }
    pressed = [words for verb, words in ON_CARDS.items() if LEAST[verb].rank <= rank]
    on_cards = f"With the buttons of cards you may {' and '.join(pressed)}." if pressed else ""
    standing = _standing(roles)
    spoken = [f"Ferry runs data migrations over SSH. After {COMMAND} you can type:"]
    spoken += [f"{title}: {_said(lines)}." for title, lines in known.items() if lines]
    return Told(
        " ".join([*spoken, *([on_cards] if on_cards else []), standing]),
        [
            section("*Ferry* runs data migrations over SSH and tells here how they go."),
            *(section(f"*{title}*\n{_listed(lines)}") for title, lines in known.items() if lines),
            *([section(f"*Confirm*\n{on_cards}")] if on_cards else []),
            usual_buttons(),
            context(standing),
            context(f"{QUOTES} {BOUND}" if known["Run"] else BOUND),
        ],
    )


def _standing(roles: Roles) -> str:
    """Return what somebody is, and who can make more of it."""
    told = f"You are {a_role(roles.anywhere)}"
    if roles.here is not roles.anywhere:
        told += f" somewhere, and {a_role(roles.here)} in the environment of this channel"
    if roles.here is Role.ADMIN:
        return f"{told}."
    return f"{told}. Admins give more: `{COMMAND} grants` names them."


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


def home(
    running: list[Block],
    recent: list[Block],
    *,
    waits: Sequence[Block] = (),
    closed: Sequence[Closed] = (),
    has_jobs: bool = True,
) -> Block:
    """Return the Home tab: what is closed, what waits for the reader, what runs, what ran last.

    *waits*: what the reader may say yes to; it is not among what is *running*. Where nothing ran
    yet, it says how to begin.
    """
    shut = [f"{mark(one)} {closed_sentence(one)}" for one in closed[:MOST_CLOSED]]
    left = len(closed) - len(shut)
    shut += [f"and {left} more: `{COMMAND} locks`"] if left else []
    yours = [divider(), section("*Waits for you*"), *waits] if waits else []
    nothing = "Nothing else runs or waits." if waits else "Nothing runs or waits."
    begin = [] if recent or running or waits else [section(_how_to_begin(has_jobs=has_jobs))]
    blocks = [
        section("*Ferry* runs data migrations over SSH and tells in the channel how they go."),
        usual_buttons(),
        *begin,
        *([section("\n".join(shut))] if shut else []),
        *yours,
        divider(),
        section("*Now*"),
        *(running or [context(nothing)]),
        divider(),
        section("*Last runs*"),
        *(recent or [context("Nothing ran yet.")]),
        actions(button("Refresh", action_id=Action.HOME_REFRESH)),
    ]
    return {"type": "home", "blocks": blocks[:100]}


def _how_to_begin(*, has_jobs: bool) -> str:
    if has_jobs:
        return (
            "💡 To begin, press *Run a job…*, or type "
            f"`{COMMAND} run` in a channel that is bound to an environment."
        )
    made = ", ".join(f"`{COMMAND} new {noun}`" for noun in ("environment", "source", "job"))
    return f"💡 There is no job yet. An admin begins with {made}, in this order."

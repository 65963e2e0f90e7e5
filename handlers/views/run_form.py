"""The form that runs a job: which one, with which values; where is the channel's matter."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from db.model.catalog import Environment, Job
from db.model.locks import Closed
from executor.rules.reasons import LONGEST_REASON
from handlers.views import ids
from handlers.views.blocks import (
    Block,
    actions,
    button,
    clip,
    context,
    esc,
    external_select,
    input_block,
    modal,
    mono,
    option,
    plain,
    section,
    select,
)
from handlers.views.closed import closed_sentence, mark
from handlers.views.confirming import policy
from handlers.views.fields import parameter_fields, text_field
from handlers.views.ids import COMMAND, Action, Callback
from handlers.views.kept import json_in, outdated
from handlers.views.sentences import place

AWAY = ":away"  # behind the channel in the form's metadata
JOB, REASON, CHANNEL, OVERRIDE = "job", "reason", "channel", "override"
MOST_IN_A_MENU = 25  # more are searched for
BUTTON_VALUE = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class RunForm:
    """What the form shows; *jobs* are the first ``MOST_IN_A_MENU + 1`` that there are."""

    jobs: Sequence[Job]
    channel_id: str = ""  #: empty: asked for, since the form was opened outside of a channel
    asks_channel: bool = False
    is_away: bool = False  #: opened elsewhere than in the channel that it runs in
    environment: Environment | None = None
    job: Job | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""
    closed: Closed | None = None  #: what closes the environment now
    may_override: bool = False  #: the reader may break the glass there
    hidden: frozenset[str] = frozenset()  #: parameters whose values the reader may not see


def run_modal(form: RunForm) -> Block:
    """Return the form with the fields of the job that is picked, if one is.

    Where nothing starts now it only says so, and has nothing to submit, but for who may break the
    glass.
    """
    if form.closed is not None and not form.may_override:
        return _closed_modal(form, form.closed)
    blocks = [_channel(form)] if form.asks_channel else []
    blocks += _break_the_glass(form.closed) if form.closed else []
    blocks += [_environment(form), _job(form)]
    if form.job is not None:
        if form.job.description:
            blocks.append(context(esc(clip(form.job.description, 300))))
        blocks += parameter_fields(form.job, form.values, form.hidden)
        blocks.append(
            text_field(
                REASON,
                "Why",
                hint="Shown on the card.",
                initial=form.reason,
                optional=not (form.environment and form.environment.asks_reason),
                most=LONGEST_REASON,
            )
        )
    return modal(
        "Run a job",
        blocks,
        callback_id=Callback.RUN_SUBMIT,
        submit="Run",
        metadata=_metadata(form),
    )


def _closed_modal(form: RunForm, closed: Closed) -> Block:
    told = f"{mark(closed)} {closed_sentence(closed)} Nothing starts there."
    # Not a field: Slack wants something to submit beside those.
    pick = actions(_pick_channel(form)) | {"block_id": ids.field(CHANNEL)}
    blocks = [
        *([pick] if form.asks_channel else []),
        section(told),
        context(
            f"{mono(f'{COMMAND} locks')} shows what is closed, with a button for who may open it."
        ),
    ]
    return modal(
        "Run a job",
        blocks,
        callback_id=Callback.RUN_SUBMIT,
        close="Close",
        metadata=_metadata(form),
    )


def _break_the_glass(closed: Closed) -> list[Block]:
    return [
        section(f"{mark(closed)} {closed_sentence(closed)}"),
        text_field(
            OVERRIDE,
            "Break the glass: why must it run now?",
            hint="It starts all the same. Everybody reads it, and the audit log keeps it.",
            most=LONGEST_REASON,
        ),
    ]


def channel_in(metadata: str) -> tuple[str, bool]:
    """Return the channel that a form runs in, and whether it was opened elsewhere.

    Empty for one that asks for the channel itself: that is opened outside of all.
    """
    channel_id = metadata.removesuffix(AWAY)
    return channel_id, not channel_id or channel_id != metadata


def _metadata(form: RunForm) -> str:
    if form.asks_channel:
        return ""
    return form.channel_id + (AWAY if form.is_away else "")


def job_options(jobs: Sequence[Job]) -> list[Block]:
    """Return *jobs* as choices: the name, with what it does below."""
    return [
        option(job.name, job.name, job.description or f"from {job.source_name}") for job in jobs
    ]


def form_button(job: str, values: Mapping[str, str], reason: str = "") -> Block:
    """Return the button that opens the form with what was typed in a line.

    What is too long for a button is left out.
    """
    value = typed(job, values, reason)
    if len(value) > BUTTON_VALUE:
        value = typed(job, {}, "")
    return button("Open the form", action_id=Action.RUN_FORM, value=value, style="primary")


def typed(job: str, values: Mapping[str, str], reason: str) -> str:
    """Return a job's name and values as text, for ``parsed``."""
    return json.dumps([job, dict(values), reason], ensure_ascii=False, separators=(",", ":"))


def parsed(text: str) -> tuple[str, dict[str, str], str]:
    """Return what ``typed`` wrote."""
    kept = json_in(text, list)
    match kept:
        case [job, dict() as values, reason]:
            pass
        case _:
            raise outdated()
    return str(job), {str(k): str(v) for k, v in values.items()}, str(reason)


def _pick_channel(form: RunForm) -> Block:
    pick: Block = {
        "type": "conversations_select",
        "action_id": Action.RUN_CHANNEL,
        "placeholder": plain("Pick a channel", 150),
        "filter": {"include": ["public", "private"], "exclude_bot_users": True},
    }
    if form.channel_id:
        pick["initial_conversation"] = form.channel_id
    return pick


def _channel(form: RunForm) -> Block:
    pick = _pick_channel(form)
    hint = "A job runs in the environment that its channel is bound to."
    return input_block("Channel", pick, block_id=ids.field(CHANNEL), hint=hint, dispatch=True)


def _environment(form: RunForm) -> Block:
    one = form.environment
    if one is None and form.channel_id:
        return section(f"⚠️ <#{form.channel_id}> is not bound to an environment yet.")
    if one is None:
        return section("The channel decides where it runs.")
    told = policy(one)
    asks = f" · before it starts: {told}" if told else ""
    where = mono(f"{one.ssh_user}@{one.ssh_host}")
    return section(f"Runs in *{place(one.name, one.kind)}* as {where}{asks}")


def _job(form: RunForm) -> Block:
    chosen = job_options([form.job])[0] if form.job else None
    if len(form.jobs) > MOST_IN_A_MENU:
        pick = external_select(Action.RUN_JOB, placeholder="Type to search", initial=chosen)
    else:
        options = job_options(form.jobs)
        if chosen and all(one["value"] != chosen["value"] for one in options):
            options.append(chosen)
        pick = select(
            Action.RUN_JOB,
            options,
            placeholder="Pick a job",
            initial=chosen["value"] if chosen else None,
        )
    return input_block("Job", pick, block_id=ids.field(JOB), dispatch=True)

"""The form that runs a job: which one, with which values; where is the channel's matter."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from db.model.catalog import Environment, Job, Kind
from handlers.views import ids
from handlers.views.blocks import (
    Block,
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
from handlers.views.fields import parameter_fields, text_field
from handlers.views.ids import Action, Callback
from handlers.views.sentences import place

JOB, REASON, CHANNEL = "job", "reason", "channel"
MOST_IN_A_MENU = 25  # more are searched for
LONGEST_REASON = 500
BUTTON_VALUE = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class RunForm:
    """What the form shows; *jobs* are the first ``MOST_IN_A_MENU + 1`` that there are."""

    jobs: Sequence[Job]
    channel_id: str = ""  #: empty: asked for, since the form was opened outside of a channel
    asks_channel: bool = False
    environment: Environment | None = None
    job: Job | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""
    hidden: frozenset[str] = frozenset()  #: parameters whose values the reader may not see


def run_modal(form: RunForm) -> Block:
    """Return the form with the fields of the job that is picked, if one is."""
    blocks = [_channel(form)] if form.asks_channel else []
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
                optional=True,
                most=LONGEST_REASON,
            )
        )
    return modal(
        "Run a job",
        blocks,
        callback_id=Callback.RUN_SUBMIT,
        submit="Run",
        metadata="" if form.asks_channel else form.channel_id,
    )


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
    job, values, reason = json.loads(text)
    return str(job), {str(k): str(v) for k, v in values.items()}, str(reason)


def _channel(form: RunForm) -> Block:
    pick: Block = {
        "type": "conversations_select",
        "action_id": Action.RUN_CHANNEL,
        "placeholder": plain("Pick a channel", 150),
        "filter": {"include": ["public", "private"], "exclude_bot_users": True},
    }
    if form.channel_id:
        pick["initial_conversation"] = form.channel_id
    hint = "A job runs in the environment that its channel is bound to."
    return input_block("Channel", pick, block_id=ids.field(CHANNEL), hint=hint, dispatch=True)


def _environment(form: RunForm) -> Block:
    one = form.environment
    if one is None and form.channel_id:
        return section(f"⚠️ <#{form.channel_id}> is not bound to an environment yet.")
    if one is None:
        return section("The channel decides where it runs.")
    asks = " · asks for a confirmation before it starts" if one.kind is Kind.PRODUCTION else ""
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

"""The forms that create a source or a job."""

from collections.abc import Sequence

from db.model.catalog import Job, SilenceAction, Source
from db.model.categories import Category
from executor.rules.concurrency import LONGEST_TEMPLATE
from executor.rules.retries import LISTABLE
from handlers.views.blocks import (
    Block,
    button,
    code,
    context,
    divider,
    esc,
    input_block,
    modal,
    mono,
    multi_select,
    option,
    radio,
    select,
)
from handlers.views.catalog import parameters_line
from handlers.views.fields import text_field
from handlers.views.ids import COMMAND, Action, Callback, field
from handlers.views.message import Told
from handlers.views.notes import said
from handlers.views.policies import failure_in_a_menu, job_policy

SOURCE = "source"
_NOT_BEGUN = (
    f"{Category.CONNECTION_ERROR}, {Category.DIRECTORY_NOT_FOUND} and {Category.SECRET_UNAVAILABLE}"
)
EXAMPLE = (
    'sistema: choice(iclinic, medpro) default=iclinic label="Sistema"',
    "usuario: text pattern=[a-z]+ example=drleandro",
    "practitioner-id: integer min=1 example=320623",
    "patient-id: integer personal",
    "since: date flag_equals=--since optional",
    "dry-run: boolean flag=--dry-run default=false",
    "api-token: secret(env:ICLINIC_TOKEN) env=API_TOKEN",
)


def source_modal() -> Block:
    """Return the form for a new source."""
    blocks = [
        text_field("name", "Name", placeholder="iclinic", hint="Small letters, digits, dashes."),
        text_field("description", "Description", optional=True, most=500),
        text_field(
            "defaults",
            "Default values",
            placeholder="sistema=iclinic",
            hint="One name=value a line: filled into every job of this source.",
            optional=True,
            multiline=True,
            most=2000,
        ),
    ]
    return modal("New source", blocks, callback_id=Callback.SOURCE_SUBMIT, submit="Create")


def job_modal(sources: Sequence[Source]) -> Block:
    """Return the form for a new job of one of *sources* (at least one is needed).

    What every job has to say comes first; the rest has defaults that do for most.
    """
    options = [option(one.name, one.name, one.description) for one in sources]
    only = sources[0].name if len(sources) == 1 else None
    pick = select(Action.FIELD, options, placeholder="Pick a source", initial=only)
    blocks = [
        text_field(
            "name",
            "Name",
            placeholder="import-patients",
            hint="What people type after /migrate run: small letters, digits, dashes.",
        ),
        input_block("Source", pick, block_id=field(SOURCE)),
        text_field("description", "Description", optional=True, most=500),
        text_field("script", "Script", placeholder="~/jobs/import.js", most=500),
        text_field(
            "parameters",
            "Parameters",
            hint="One a line, in the form below; docs/parameters.md has all of it.",
            optional=True,
            multiline=True,
            most=3000,
        ),
        code(EXAMPLE),
        divider(),
        context("The rest may stay as it is; docs/jobs.md explains it."),
        *_command(),
        *_limits(),
        *_retries(),
        *_silence(),
        *_proof(),
    ]
    return modal("New job", blocks, callback_id=Callback.JOB_SUBMIT, submit="Create")


def _command() -> list[Block]:
    return [
        text_field(
            "interpreter",
            "Interpreter",
            initial="node",
            hint="Empty: the script is executable itself.",
            optional=True,
            most=300,
        ),
        text_field(
            "directory",
            "Directory",
            hint="Where it runs; empty: where the script is.",
            optional=True,
            most=500,
        ),
        text_field(
            "timeout_s",
            "Timeout",
            placeholder="10m",
            hint="Empty: the environment's.",
            optional=True,
        ),
    ]


def _limits() -> list[Block]:
    return [
        text_field(
            "concurrency",
            "Runs at once",
            placeholder="1",
            hint="Of this job, in all environments together; empty: no limit of its own.",
            optional=True,
            most=2,
        ),
        text_field(
            "concurrency_key",
            "One at a time per",
            placeholder="{sistema}:{practitioner-id}",
            hint="Parameters in braces. Runs with the same values, also of other jobs that make "
            "the same key, go one after the other in an environment.",
            optional=True,
            most=LONGEST_TEMPLATE,
        ),
    ]


def _retries() -> list[Block]:
    failures = [option(name, name, failure_in_a_menu(name)) for name in LISTABLE]
    return [
        text_field(
            "retry_attempts",
            "Attempts",
            initial="1",
            hint="In all, 1 to 10; 1: nothing is tried again. With more, what could not even begin "
            "because the host was out of reach is tried again by itself.",
            optional=True,
            most=2,
        ),
        text_field(
            "retry_delay_s",
            "Pause before the second attempt",
            initial="30s",
            hint="Each further pause is twice as long, up to 1 h.",
            optional=True,
        ),
        input_block(
            "Try again also after",
            multi_select(Action.FIELD, failures, placeholder="No other failure"),
            block_id=field("retry_categories"),
            hint=f"{_NOT_BEGUN} come before the script begins, {Category.SCRIPT_NOT_FOUND} nearly "
            "always. After the others it has begun, or may have: choose those only if it may run "
            "twice on the same records.",
            optional=True,
        ),
    ]


def _silence() -> list[Block]:
    actions = [
        option("Warn in the thread", SilenceAction.WARN.value),
        option("Stop the run", SilenceAction.STOP.value),
    ]
    return [
        text_field(
            "silence_s",
            "Silence",
            placeholder="10m",
            hint="How long without output is too long; empty: it may be silent.",
            optional=True,
        ),
        input_block(
            "After such a silence",
            radio(Action.FIELD, actions, initial=SilenceAction.WARN.value),
            block_id=field("silence_action"),
            optional=True,
        ),
    ]


def _proof() -> list[Block]:
    return [
        text_field(
            "proven_in",
            "Proven in",
            placeholder="staging",
            hint="The environment where the same version must have succeeded, with the same "
            "script, before it runs elsewhere (development aside); empty: none.",
            optional=True,
            most=63,
        )
    ]


def source_created(one: Source) -> Told:
    """Return that the source is there, and what comes next."""
    new = button("New job…", action_id=Action.JOB_NEW, style="primary")
    return said(f"✅ The source *{esc(one.name)}* is there.", new, hint="Next: a job that uses it.")


def job_created(one: Job) -> Told:
    """Return that the job is there, what it asks for, and what was set of how it runs."""
    has_any = any(not spec.secret_ref for spec in one.parameters)
    asks = f"It asks for: {parameters_line(one.parameters)}" if has_any else "It asks for nothing."
    policy = job_policy(one)
    how = f"\nHow it runs: {policy}." if policy else ""
    return said(
        f"✅ The job *{esc(one.name)}* is there. {asks}{how}",
        hint=f"Run it with {mono(f'{COMMAND} run {one.name}')} in a bound channel.",
    )


def no_source_yet() -> Told:
    """Return that a job needs a source first."""
    new = button("New source…", action_id=Action.SOURCE_NEW, style="primary")
    return said("A job belongs to a source, and there is none yet: begin with one.", new)

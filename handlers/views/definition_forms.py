"""The forms that create a source or a job."""

from collections.abc import Sequence

from db.model.catalog import Job, Source
from handlers.views.blocks import (
    Block,
    button,
    code,
    esc,
    input_block,
    modal,
    mono,
    option,
    select,
)
from handlers.views.catalog import parameters_line
from handlers.views.fields import text_field
from handlers.views.ids import COMMAND, Action, Callback, field
from handlers.views.message import Told
from handlers.views.notes import said

SOURCE = "source"
EXAMPLE = (
    'sistema: choice(iclinic, medpro) default=iclinic label="Sistema"',
    "usuario: text pattern=[a-z]+ example=drleandro",
    "practitioner-id: integer min=1 example=320623",
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
    """Return the form for a new job of one of *sources*; at least one is needed."""
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
        text_field("script", "Script", placeholder="~/jobs/import.js", most=500),
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
        text_field("description", "Description", optional=True, most=500),
        text_field(
            "timeout_s",
            "Timeout",
            placeholder="10m",
            hint="Empty: the environment's.",
            optional=True,
        ),
        text_field(
            "parameters",
            "Parameters",
            hint="One a line, in the form below; docs/parameters.md has all of it.",
            optional=True,
            multiline=True,
            most=3000,
        ),
        code(EXAMPLE),
    ]
    return modal("New job", blocks, callback_id=Callback.JOB_SUBMIT, submit="Create")


def source_created(one: Source) -> Told:
    """Return that the source is there, and what comes next."""
    new = button("New job…", action_id=Action.JOB_NEW, style="primary")
    return said(f"✅ The source *{esc(one.name)}* is there.", new, hint="Next: a job that uses it.")


def job_created(one: Job) -> Told:
    """Return that the job is there, and what it asks for."""
    has_any = any(not spec.secret_ref for spec in one.parameters)
    asks = f"It asks for: {parameters_line(one.parameters)}" if has_any else "It asks for nothing."
    return said(
        f"✅ The job *{esc(one.name)}* is there. {asks}",
        hint=f"Run it with {mono(f'{COMMAND} run {one.name}')} in a bound channel.",
    )


def no_source_yet() -> Told:
    """Return that a job needs a source first."""
    new = button("New source…", action_id=Action.SOURCE_NEW, style="primary")
    return said("A job belongs to a source, and there is none yet: begin with one.", new)

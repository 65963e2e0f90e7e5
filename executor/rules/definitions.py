"""Environments, sources and jobs as people fill them in: text fields → drafts, or complaints."""

from collections.abc import Callable, Mapping
from dataclasses import fields as dataclass_fields
from functools import partial

from db.model.catalog import (
    ConfirmationPolicy,
    EnvironmentDraft,
    JobDraft,
    Kind,
    ParameterSpec,
    RetryPolicy,
    SilenceAction,
    SourceDraft,
)
from db.model.categories import Category
from db.model.errors import InvalidInput
from executor.rules import fields, spec_text
from executor.rules.concurrency import concurrency_template
from executor.rules.form import Form
from executor.rules.host_keys import host_keys
from executor.rules.names import quoted
from executor.rules.retries import retry_categories

_RETRY = {"retry_attempts", "retry_delay_s", "retry_categories"}


def environment_draft(raw: Mapping[str, str]) -> EnvironmentDraft:
    """Return the environment that the text fields in *raw*, named as the draft's, describe.

    Blank fields take the draft's defaults; production always asks before it runs. Raises
    InvalidInput with a sentence for every wrong field.
    """
    form = Form(raw, _names(EnvironmentDraft))
    kind = form.need(
        "kind", partial(fields.one_of, Kind), Kind.STAGING, example="`staging` or `production`"
    )
    draft = EnvironmentDraft(
        name=form.need("name", fields.slug, "", example="`staging`"),
        kind=kind,
        ssh_host=form.need("ssh_host", fields.host, "", example="`db1.example.com`"),
        ssh_user=form.need("ssh_user", fields.user, "", example="`deploy`"),
        ssh_port=form.take("ssh_port", fields.port, 22),
        ssh_key_path=form.take("ssh_key_path", fields.file_path, ""),
        ssh_passphrase_ref=form.take("ssh_passphrase_ref", fields.reference, ""),
        proxy_jump=form.take("proxy_jump", fields.proxy_jump, ""),
        proxy_jump_host_key=form.take("proxy_jump_host_key", host_keys, ""),
        host_key=form.take("host_key", host_keys, ""),
        node_path=form.take("node_path", fields.absolute_path, ""),
        shell_setup=form.take("shell_setup", fields.shell_setup, "auto"),
        timeout_s=form.take("timeout_s", fields.timeout, 600),
        grace_s=form.take("grace_s", fields.grace, 5),
        concurrency=form.take("concurrency", fields.concurrency, 1),
        queue_timeout_s=form.take("queue_timeout_s", fields.queue_timeout, 12 * 3600),
        connect_timeout_s=_optional(form, "connect_timeout_s", fields.connect_timeout),
        confirmation=_confirmation(form, kind),
        confirmations=form.take("confirmations", fields.people, 1),
        confirm_group=form.take("confirm_group", fields.user_group, ""),
        asks_reason=form.take("asks_reason", fields.yes_or_no, default=False),
        second_factor=form.take("second_factor", fields.yes_or_no, default=False),
    )
    _check_group(form, draft)
    form.close()
    return draft


def source_draft(raw: Mapping[str, str]) -> SourceDraft:
    """Return the source that the text fields in *raw* describe.

    ``defaults`` holds lines ``name=value``. Raises InvalidInput with a sentence for every wrong
    field.
    """
    form = Form(raw, _names(SourceDraft))
    draft = SourceDraft(
        name=form.need("name", fields.slug, "", example="`iclinic`"),
        description=form.take("description", fields.note, ""),
        defaults=form.take("defaults", _defaults, {}),
    )
    form.close()
    return draft


def job_draft(raw: Mapping[str, str], source_id: int) -> JobDraft:
    """Return the job that the text fields in *raw* describe; ``parameters`` is in spec text.

    A field ``interpreter`` that is there but blank means that the script itself is executable; the
    retry policy has three fields, ``retry_attempts``, ``retry_delay_s`` and ``retry_categories``.
    Raises InvalidInput with a sentence for every wrong field.
    """
    form = Form(raw, _names(JobDraft) - {"source_id", "retry"} | _RETRY)
    nothing: tuple[ParameterSpec, ...] = ()
    parameters = form.take("parameters", lambda _: spec_text.parse(raw["parameters"]), nothing)
    known = None if form.is_refused("parameters") else parameters
    silence_s = _optional(form, "silence_s", fields.silence)
    draft = JobDraft(
        name=form.need("name", fields.slug, "", example="`import-patients`"),
        source_id=source_id,
        script=form.need("script", fields.file_path, "", example="`~/migrations/import.js`"),
        interpreter=form.take(
            "interpreter", fields.interpreter, "" if form.says("interpreter") else "node"
        ),
        directory=form.take("directory", fields.path, ""),
        description=form.take("description", fields.note, ""),
        parameters=parameters,
        timeout_s=_optional(form, "timeout_s", fields.timeout),
        progress_pattern=form.take("progress_pattern", fields.progress_pattern, ""),
        concurrency=_optional(form, "concurrency", fields.concurrency),
        concurrency_key=form.take(
            "concurrency_key", partial(concurrency_template, specs=known), ""
        ),
        retry=_retry(form),
        silence_s=silence_s,
        silence_action=_silence_action(form, silence_s),
        proven_in=form.take("proven_in", fields.slug, ""),
    )
    form.close()
    return draft


def _names(draft: type[EnvironmentDraft | SourceDraft | JobDraft]) -> set[str]:
    return {item.name for item in dataclass_fields(draft)}


def _optional(form: Form, name: str, read: Callable[[str], int]) -> int | None:
    def number(text: str) -> int | None:
        return read(text)

    return form.take(name, number, None)


def _retry(form: Form) -> RetryPolicy:
    nothing: tuple[Category, ...] = ()
    policy = RetryPolicy(
        attempts=form.take("retry_attempts", fields.attempts, 1),
        delay_s=form.take("retry_delay_s", fields.retry_delay, 30),
        categories=form.take("retry_categories", retry_categories, nothing),
    )
    if policy.categories and policy.attempts == 1:
        form.refuse(
            "retry_attempts",
            "With one attempt nothing is tried again: write how many there may be in all, for "
            "example 3, or list no failures.",
        )
    return policy


def _silence_action(form: Form, silence_s: int | None) -> SilenceAction:
    action = form.take("silence_action", partial(fields.one_of, SilenceAction), SilenceAction.WARN)
    if action is SilenceAction.STOP and silence_s is None:
        form.refuse(
            "silence_s", "Write after how long without output it is to be stopped, for example 10m."
        )
    return action


def _confirmation(form: Form, kind: Kind) -> ConfirmationPolicy:
    least = ConfirmationPolicy.REQUESTER if kind is Kind.PRODUCTION else ConfirmationPolicy.NONE
    chosen = form.take("confirmation", partial(fields.one_of, ConfirmationPolicy), least)
    if kind is Kind.PRODUCTION and chosen is ConfirmationPolicy.NONE:
        form.refuse(
            "confirmation",
            "Production always asks before it runs: choose for example “Whoever asked for it”.",
        )
    return chosen


def _check_group(form: Form, draft: EnvironmentDraft) -> None:
    """Refuse a group without an id, and what only a group asks where none is asked."""
    if draft.confirmation is ConfirmationPolicy.GROUP:
        if not draft.confirm_group:
            form.refuse(
                "confirm_group",
                "Pick the user group whose members confirm, for example @ops.",
            )
        return
    only = "This goes with “Members of a user group”: choose that as who confirms, or clear this."
    if draft.confirm_group:
        form.refuse("confirm_group", only)
    if draft.confirmations != 1:
        form.refuse("confirmations", only)


def _defaults(text: str) -> dict[str, str]:
    defaults: dict[str, str] = {}
    for line in filter(str.strip, text.splitlines()):
        name, equals, value = (part.strip() for part in line.partition("="))
        if not (name and equals and value and line.strip().isprintable()):
            raise InvalidInput(
                f"{quoted(line.strip())} is not a default: write one `name=value` a line, for "
                "example `sistema=iclinic`."
            )
        if name in defaults:
            raise InvalidInput(f"{quoted(name)} has two defaults: keep one of the lines.")
        defaults[name] = value
    return defaults

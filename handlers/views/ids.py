"""Every id that Slack sends back to us, in one place: views write them, listeners route by them."""

from enum import StrEnum

COMMAND = "/migrate"


class Shortcut(StrEnum):
    """Callback ids of the shortcuts in the manifest."""

    RUN_JOB = "run_job"


class Action(StrEnum):
    """What a button, a select or a field does: ``<noun>.<verb>``.

    The value of an execution's button is its number, except confirm and discard: ``answer()``, and
    older: ``older()``.
    """

    EXECUTION_CONFIRM = "execution.confirm"
    EXECUTION_DISCARD = "execution.discard"
    EXECUTION_CANCEL = "execution.cancel"
    EXECUTION_LOG = "execution.log"
    EXECUTION_AGAIN = "execution.again"
    EXECUTION_AGAIN_WITH_CHANGES = "execution.again_with_changes"
    EXECUTION_SHOW = "execution.show"
    EXECUTION_STATUS = "execution.status"
    EXECUTION_HISTORY = "execution.history"
    EXECUTION_OLDER = "execution.older"
    EXECUTION_REVEAL = "execution.reveal"
    EXECUTION_QUEUE = "execution.queue"
    EXECUTION_FRONT = "execution.front"
    EXECUTION_CHECK = "execution.check"

    FACTOR_FIRST = "factor.first"

    RUN_OPEN = "run.open"
    RUN_FORM = "run.form"
    RUN_JOB = "run.job"
    RUN_CHANNEL = "run.channel"
    RUN_PROMOTE = "run.promote"
    RUN_PROVE = "run.prove"

    BINDING_OPEN = "binding.open"
    BINDING_BIND = "binding.bind"

    ENVIRONMENT_LIST = "environment.list"
    ENVIRONMENT_NEW = "environment.new"
    ENVIRONMENT_FORM = "environment.form"  #: a choice on which further fields depend
    ENVIRONMENT_GROUP = "environment.group"
    SOURCE_LIST = "source.list"
    SOURCE_NEW = "source.new"
    JOB_LIST = "job.list"
    JOB_NEW = "job.new"
    LOCK_LIST = "lock.list"
    LOCK_OPEN = "lock.open"
    LOCK_UNLOCK = "lock.unlock"
    FREEZE_LIST = "freeze.list"
    FREEZE_NEW = "freeze.new"
    FREEZE_DROP = "freeze.drop"
    GRANT_LIST = "grant.list"
    GRANT_OPEN = "grant.open"
    GRANT_TAKE = "grant.take"
    HELP_SHOW = "help.show"
    HOME_REFRESH = "home.refresh"

    AUDIT_NEWEST = "audit.newest"
    AUDIT_OLDER = "audit.older"
    AUDIT_EXPORT = "audit.export"
    HOST_KEY_COMPARE = "host_key.compare"

    FIELD = "field.value"  #: the element of every plain form field: the block says which


class Callback(StrEnum):
    """Which modal was submitted: ``<noun>.<verb>``."""

    RUN_SUBMIT = "run.submit"
    EXECUTION_REFUSE = "execution.refuse"
    EXECUTION_CODE = "execution.code"
    FACTOR_FIRST = "factor.first"
    FACTOR_RENEW = "factor.renew"
    BINDING_SUBMIT = "binding.submit"
    ENVIRONMENT_SUBMIT = "environment.submit"
    ENVIRONMENT_TRUST = "environment.trust"
    SOURCE_SUBMIT = "source.submit"
    JOB_SUBMIT = "job.submit"
    LOCK_SUBMIT = "lock.submit"
    FREEZE_SUBMIT = "freeze.submit"
    GRANT_SUBMIT = "grant.submit"
    HOST_KEY_TRUST = "host_key.trust"
    NOTE = "note"  #: a modal that only says something; never submitted


class BlockId(StrEnum):
    """Blocks that are looked for by name."""

    NOTE = "note"  #: the words on top of a form that was refused


FIELD_PREFIX = "field:"
PARAMETER_PREFIX = "parameter:"


def field(name: str) -> str:
    """Return the block id of the form field *name*."""
    return FIELD_PREFIX + name


def parameter(job: str, name: str) -> str:
    """Return the block id of a job's parameter.

    With the job in it: Slack keeps what was typed under an id that it knows already, and the
    parameters of another job must not inherit that.
    """
    return f"{PARAMETER_PREFIX}{job}:{name}"


def older(before: int, name: str = "", like: int = 0) -> str:
    """Return the value of the button for older runs: those with numbers below *before*.

    With *name*: those whose parameter of that name had the value that it had in run *like*. The
    value itself may be personal, and stays away.
    """
    return f"{before}:{name}:{like}" if name else str(before)


def answer(execution_id: int, plan_hash: str) -> str:
    """Return the value of a confirm or discard button: the execution, and the plan it was shown."""
    return f"{execution_id}:{plan_hash}"

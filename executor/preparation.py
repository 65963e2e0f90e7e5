"""Before a start: secrets, whether the plan is still what was asked for, the program."""

from collections.abc import Awaitable, Callable, Mapping

from db.model.categories import Category
from db.model.errors import AttemptError, FerryError, InvalidInput
from executor.rules.categories import ADVICE
from executor.rules.masking import SHORTEST, is_too_short
from executor.rules.plan import plan_hash, plan_of
from executor.services.queue import Brief
from executor.ssh.check import script_check
from executor.ssh.command import Invocation, program
from executor.ssh.target import Target
from executor.tools import Tools


def secret_values(brief: Brief, read_secret: Callable[[str], str]) -> dict[str, str]:
    """Return the values of secret parameters by variable; AttemptError if one cannot be read."""
    found: dict[str, str] = {}
    for spec in brief.job.parameters:
        if spec.secret_ref:
            try:
                found[spec.target] = read_secret(spec.secret_ref)
                if is_too_short(found[spec.target]):
                    raise _too_short(spec.secret_ref)
            except InvalidInput as error:
                raise _no_secret(error) from error
    return found


def check_plan(brief: Brief) -> None:
    """Raise AttemptError unless what would run now is what was asked for and confirmed."""
    execution = brief.execution
    today = plan_of(brief.environment, brief.job, execution.parameters)
    if plan_hash(today) != execution.plan_hash:
        advice = ADVICE[Category.PLAN_CHANGED]
        raise AttemptError(
            Category.PLAN_CHANGED, advice.sentence, hint=advice.hint, retry_safe=True
        )


async def prepare(
    tools: Tools,
    target: Target,
    brief: Brief,
    secrets: Mapping[str, str],
    remark: Callable[[str], Awaitable[None]],
) -> bytes:
    """Return the program for the host.

    What looks wrong there goes to *remark*, and stops nothing: only the run itself is the proof.
    """
    plan = brief.execution.plan
    shell = await tools.resolver.shell(target, brief.environment.shell_setup)
    invocation = Invocation(
        script=plan.script,
        interpreter=plan.interpreter,
        directory=plan.directory,
        arguments=plan.arguments,
        variables={**plan.variables, **secrets},
        path=shell.path,
    )
    try:
        text = program(invocation)
    except InvalidInput as error:
        # Parameters were checked at the launch; a secret is read only now.
        raise _no_secret(error) from error
    concern = await script_check(tools.hosts, target, invocation)
    for sentence in filter(None, (shell.note, concern)):
        await remark(sentence)
    return text


def _too_short(reference: str) -> InvalidInput:
    return InvalidInput(
        f"The secret `{reference}` has less than {SHORTEST} characters, which cannot be hidden in "
        "the output: they stand in too many words.",
        hint="Put a longer one there.",
    )


def _no_secret(error: FerryError) -> AttemptError:
    return AttemptError(
        Category.SECRET_UNAVAILABLE,
        error.message,
        hint=error.hint or ADVICE[Category.SECRET_UNAVAILABLE].hint,
        retry_safe=True,
    )

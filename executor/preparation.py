"""Before a start: secrets, the program, and whether it is still what was asked for."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

from db.model.categories import Category
from db.model.errors import AttemptError, FerryError, InvalidInput
from db.model.execution import CheckState, Plan
from executor.rules.categories import ADVICE
from executor.rules.masking import SHORTEST, is_too_short
from executor.rules.plan import as_known, plan_hash, plan_of
from executor.services.queue import Brief
from executor.ssh.command import Invocation, program
from executor.ssh.look import measure
from executor.ssh.target import target_of
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


@dataclass(frozen=True, slots=True)
class Prepared:
    """The program for the host, and the plan as it was measured there right before."""

    program: bytes
    plan: Plan


class PlanChanged(Exception):
    """What would run is not what was asked for or confirmed; *plan*: as it is now."""

    def __init__(self, plan: Plan) -> None:
        super().__init__("the plan changed")
        self.plan = plan


async def prepare(
    tools: Tools,
    brief: Brief,
    secrets: Mapping[str, str],
    remark: Callable[[str], Awaitable[None]],
) -> Prepared:
    """Measure on the host what is about to run, and return it with its program.

    Raises AttemptError when something is missing there: nothing was started then.
    """
    execution, target = brief.execution, target_of(brief.environment)
    plan = plan_of(brief.environment, brief.job, execution.parameters)
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
    if shell.note:
        await remark(shell.note)
    measured = await measure(tools.hosts, target, plan, shell.path)
    return Prepared(text, as_known(replace(plan, measured=measured), execution.plan))


async def check_prepared(tools: Tools, brief: Brief, plan: Plan) -> None:
    """Raise PlanChanged or AttemptError unless *plan* may run now, as it was measured.

    What was never measured is what it is now: then only what people defined has to be the same.
    Where a broken glass took the place of the yes, everything may run.
    """
    execution = brief.execution
    if execution.goes_without_yes:
        return
    asked = plan if execution.plan.measured else replace(plan, measured=None)
    if plan_hash(asked) != execution.plan_hash:
        raise PlanChanged(plan)
    check = await tools.preflights.proof(brief.job, brief.environment, plan)
    if check is not None and check.state is CheckState.FAILED:
        raise AttemptError(
            Category.NOT_PROVEN,
            f"{check.name[:1].upper()}{check.name[1:]}: {check.words}.",
            hint=ADVICE[Category.NOT_PROVEN].hint,
        )


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

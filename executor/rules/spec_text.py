"""A job's parameters as people write them, one line a parameter; described in docs/parameters.md.

::

    # name: type [words…]
    sistema: choice(iclinic, medpro) position=1 default=iclinic label="Sistema"
    since: date flag_equals=--since optional
"""

from dataclasses import replace

from db.model.catalog import ParameterSpec, Passing
from db.model.errors import InvalidInput
from executor.rules.spec_checks import MOST_PARAMETERS, check_spec, check_together
from executor.rules.spec_line import parse_line


def parse(text: str) -> tuple[ParameterSpec, ...]:
    """Return the parameters that *text* declares, in its order; blank lines and ``#`` are skipped.

    Raises InvalidInput with a sentence for every wrong line: ``fields`` by ``line 3``, and all of
    them in the message.
    """
    problems: dict[int, str] = {}
    specs: dict[int, ParameterSpec] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            specs[number] = parse_line(line)
        except InvalidInput as error:
            problems[number] = error.message
    specs = _placed(specs)
    for number, spec in specs.items():
        try:
            specs[number] = check_spec(spec)
        except InvalidInput as error:
            problems[number] = error.message
    if not problems:  # one mistake must not be told as three
        problems = check_together(specs)
    _refuse(problems)
    return tuple(specs.values())


def _placed(specs: dict[int, ParameterSpec]) -> dict[int, ParameterSpec]:
    """Give every line that says nothing of its passing the next free position."""
    taken = {spec.target for spec in specs.values() if spec.passing is Passing.POSITION}
    free = (str(n) for n in range(1, MOST_PARAMETERS * 2) if str(n) not in taken)
    return {
        number: spec if spec.target or spec.secret_ref else replace(spec, target=next(free))
        for number, spec in specs.items()
    }


def _refuse(problems: dict[int, str]) -> None:
    if not problems:
        return
    fields = {f"line {number}": problems[number] for number in sorted(problems)}
    told = [f"{place[0].upper()}{place[1:]}: {sentence}" for place, sentence in fields.items()]
    raise InvalidInput("\n".join(told), fields=fields)

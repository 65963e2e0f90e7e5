"""Time zones as people name them."""

from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from db.model.errors import InvalidInput
from executor.rules.names import did_you_mean, quoted


def zone(name: str) -> ZoneInfo:
    """Return the time zone *name*, in capitals or not; InvalidInput names the nearest one."""
    known = _known()
    wanted = name.strip()
    if found := known.get(wanted.casefold()):
        return ZoneInfo(found)
    near = did_you_mean(wanted, known.values())
    raise InvalidInput(
        f"{quoted(wanted)} is not a time zone: write it like `America/Sao_Paulo` or `UTC`. "
        f"{near}".strip()
    )


@cache
def _known() -> dict[str, str]:
    return {name.casefold(): name for name in sorted(available_timezones())}

"""What a look at a host found, in the words of its checks. No I/O."""

import re
from datetime import UTC, datetime, timedelta

from db.model.execution import Check, CheckState, Plan
from executor.ssh.facts import Facts, number, visible
from executor.ssh.measure import version
from executor.ssh.target import Target

LITTLE_DISK = 200_000_000  #: bytes free; below, a run may not even have room for its output
SKEW_S = 5.0  #: of a clock; more makes the times of logs and data disagree

_IN_STEP_S = 0.1
_FREE = re.compile(rb"\s\d+\s+\d+\s+(\d{1,15})\s+\d+%\s+(/.*)")  # of `df -Pk`
_SECONDS = re.compile(rb"(\d{1,12})(?:\.(\d{1,9}))?")
_RUNNER = re.compile(rb"(\d+) (-?\d+) (sure|maybe) (.+)")
_UNITS = ((10**9, "GB"), (10**6, "MB"), (10**3, "kB"))
_AGES = ((86_400, "day"), (3600, "hour"), (60, "minute"))


def script(plan: Plan, found: Facts, now: datetime) -> str:
    """Return name, size and age of the script, and where it really lies if its name is a link."""
    name = visible(plan.script.rpartition("/")[2].encode("utf-8", "surrogateescape"))
    real = visible(found.get("script", b""))
    words = [name if real.endswith(f"/{name}") else f"{name} → {real}"]
    words.append(_size(number(found, "size") or 0))
    modified = number(found, "modified")
    if modified is not None:
        words.append(f"changed {_ago(now.timestamp() - modified)}")
    return ", ".join(words)


def interpreter(found: Facts, plan: Plan) -> Check:
    """Return what runs the script, once it was found."""
    if not plan.interpreter:
        return _good("interpreter", "none: the script runs by itself")
    path, name = visible(found.get("interpreter", b"")), plan.interpreter.rpartition("/")[2]
    said = version(found) or "does not tell its version"
    shown = said if said.lower().startswith(name.lower()) else f"{name} {said}"
    return _good("interpreter", f"{shown} ({path})")


def disk(found: Facts, plan: Plan) -> Check:
    """Return the free space where a run's output goes, and in its directory."""
    free: dict[bytes, tuple[int, str]] = {}  # by filesystem
    for name, place in (("folder_disk", plan.directory), ("runs_disk", "~/.cache/ferry")):
        if told := _FREE.search(found.get(name, b"")):
            free[told[2]] = (int(told[1]) * 1024, place)
    if not free:
        return _warning("disk", "the host does not tell (df)")
    least, place = min(free.values())
    words = f"{_size(least)} free" + (f" for {place}" if len(free) > 1 else "")
    if least < LITTLE_DISK:
        return _warning("disk", f"{words}: a run may fail for want of space (see `df -h`)")
    return _good("disk", words)


def clock(found: Facts, asked: datetime, answered: datetime) -> Check:
    """Return how far the host's clock is off, if more than the question took there and back."""
    told = _SECONDS.match(found.get("now", b""))
    if told is None:
        return _warning("clock", "the host does not tell (date)")
    fraction = told[2]
    earliest = int(told[1]) + (float(b"0." + fraction) if fraction else 0.0)
    latest = earliest if fraction else earliest + 1.0  # some `date` know whole seconds only
    ahead, behind = earliest - answered.timestamp(), asked.timestamp() - latest
    off_s = max(ahead, behind)
    if off_s < _IN_STEP_S:
        return _good("clock", "in step")
    words = f"{off_s:,.1f} s {'ahead' if ahead > behind else 'behind'}"
    if off_s > SKEW_S:
        return _warning("clock", f"{words}: is NTP running there?")
    return _good("clock", words)


def by_hand(found: Facts, target: Target, now: datetime) -> Check:
    """Return whether somebody runs the script outside of Ferry; never with what arguments."""
    if "problem" in found:
        why = "the script is not there"
        return Check(name="by hand", state=CheckState.UNSEEN, words=why)
    runners = found.get("runners", b"").splitlines()
    if b"seen" not in runners:
        return _warning("by hand", "the host does not let Ferry see its processes")
    told = [match for match in map(_RUNNER.fullmatch, runners) if match]
    if not told:
        hidden = f" (only {target.user}'s processes can be seen)" if "hidden" in found else ""
        return _good("by hand", f"nobody runs it by hand{hidden}")
    # The one that is known for sure, if there is one.
    pid, age, sure, user = max(told, key=lambda match: match[3]).groups()
    runs = "runs it" if sure == b"sure" else "seems to run it"
    words = f"process {visible(pid, 40)} of {visible(user, 40)} {runs}{_since(int(age), now)}"
    more = f", and {len(told) - 1} more" if len(told) > 1 else ""
    return _warning("by hand", words + more)


def _good(name: str, words: str) -> Check:
    return Check(name=name, state=CheckState.GOOD, words=words)


def _warning(name: str, words: str) -> Check:
    return Check(name=name, state=CheckState.WARNING, words=words)


def _size(count: int) -> str:
    for factor, unit in _UNITS:
        if count >= factor:
            return f"{count / factor:.1f} {unit}"
    return f"{count} bytes"


def _ago(seconds: float) -> str:
    for factor, unit in _AGES:
        count = int(seconds // factor)
        if count > 0:
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "just now"


def _since(age_s: int, now: datetime) -> str:
    """Return when it began; nothing where a container sees another uptime than its processes."""
    if not 0 <= age_s < 10**9:
        return ""
    begun = (now - timedelta(seconds=age_s)).astimezone(UTC)
    is_today = begun.date() == now.astimezone(UTC).date()
    return f" since {begun:%H:%M} UTC" if is_today else f" since {begun:%Y-%m-%d %H:%M} UTC"
